// The batches of one edge thread, turn by turn.
#include "engine/edge/batches.hpp"

#include "engine/edge/commands.hpp"

namespace spate::edge {
namespace {
constexpr std::string_view curl_example =
    "curl -X POST -H 'Content-Type: application/x-ndjson' --data-binary "
    "'{\"domain\":\"DOMAIN\",\"stream\":\"STREAM\",\"command\":\"COMMAND\",\"body\":{}}' "
    "http://HOST/v1/batch";
}

void Batches::take(Exchange&& exchange, const Request& request) {
  if (auto problem = check_media_type(request, ndjson_type, curl_example))
    return edge_.fail(exchange, *problem);
  WireFaults faults;
  const auto add = [&](std::optional<Problem> problem) { gather(std::move(problem), faults); };
  Parameters parameters;
  Preferences prefer;
  add(split_query(request.query, parameters));
  for (const auto& [name, _] : parameters) add(bad_parameter(name, "is not known here"));
  add(read_prefer(request, edge_.limits, prefer));
  for (std::string_view name : {"Idempotency-Key", "If-Match"})
    if (request.find(name) != nullptr)
      add(bad_header(name, "does not go with a batch; give each line its own `id`"));
  if (!faults.empty()) return edge_.fail(exchange, malformed(std::move(faults)));
  if (edge_.draining) return edge_.fail(exchange, refusal(Answer::shutting_down));
  if (bytes_ + request.body.size() > edge_.limits.batches_bytes_max)
    return edge_.fail(exchange, refusal(Answer::overloaded));

  auto batch = std::make_unique<Batch>(edge_, std::move(exchange), std::string(request.body),
                                       std::move(prefer));
  if (auto problem = batch->split()) return batch->fail(*problem);
  bytes_ += batch->bytes();
  batches_.push_back(std::move(batch));
  wants_turn_ = true;
}

void Batches::turn() {
  wants_turn_ = false;
  for (std::size_t i = batches_.size(); i-- > 0;) {
    if (batches_[i]->turn()) wants_turn_ = true;
    settle(i);
  }
}

void Batches::tick() {
  for (std::size_t i = batches_.size(); i-- > 0;) {
    batches_[i]->tick();
    if (batches_[i]->turn()) wants_turn_ = true;
    settle(i);
  }
}

void Batches::settle(std::size_t i) {
  Batch& batch = *batches_[i];
  if (!batch.is_finished() && !batch.is_abandoned()) return;
  const auto done = std::move(batches_[i]);
  batches_.erase(batches_.begin() + static_cast<std::ptrdiff_t>(i));
  bytes_ -= done->bytes();
  if (!done->is_abandoned()) done->finish();
}

}  // namespace spate::edge
