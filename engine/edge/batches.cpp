// The batches of one edge thread, turn by turn.
#include "engine/edge/batches.hpp"

#include "engine/edge/commands.hpp"

namespace spate::edge {
namespace {
constexpr std::string_view batch_example =
    "curl -X POST -H 'Content-Type: application/x-ndjson' --data-binary "
    "'{\"domain\":\"DOMAIN\",\"stream\":\"STREAM\",\"command\":\"COMMAND\",\"body\":{}}' "
    "http://HOST/v1/batch";
}

void Batches::take(Exchange&& exchange, const Request& request) {
  if (auto problem = check_media_type(request, ndjson_type, batch_example))
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
  if (!edge_.held.has_room(request.body.size()))
    return edge_.fail(exchange, refusal(Answer::overloaded));

  auto batch = std::make_unique<Batch>(edge_, std::move(exchange), std::string(request.body),
                                       std::move(prefer));
  if (auto problem = batch->split()) return batch->fail(*problem);
  batches_.push_back(std::move(batch));
  wants_turn_ = true;
}

void Batches::turn() {
  wants_turn_ = false;
  for (std::size_t i = 0; i < batches_.size();)
    if (!work_on(*batches_[i], i == 0)) ++i;
    else batches_.erase(batches_.begin() + static_cast<std::ptrdiff_t>(i));
}

void Batches::tick() {
  for (const auto& batch : batches_) batch->tick();
  turn();
}

/// True when it is done with. The oldest goes on even when memory is full, to make room.
bool Batches::work_on(Batch& batch, bool is_oldest) {
  if ((is_oldest || !edge_.held.is_over()) && batch.turn()) wants_turn_ = true;
  if (batch.is_abandoned()) return true;
  if (batch.is_finished()) batch.finish();
  return batch.is_finished();
}

}  // namespace spate::edge
