// Latency counts from when a command was due, so a server that stalls cannot hide what it delays.
#include "engine/cli/load_run.hpp"

#include <algorithm>

#include "engine/cli/client.hpp"

namespace spate::cli {
namespace {

constexpr int64_t slice_ns = 1'000'000;
constexpr int64_t progress_ns = 200'000'000;

/// The text behind `"name":"` up to the next quote; our server writes its members without spaces.
std::string_view text_member(std::string_view json, std::string_view name) {
  const std::string open = "\"" + std::string(name) + "\":\"";
  const std::size_t at = json.find(open);
  if (at == std::string_view::npos) return {};
  const std::size_t from = at + open.size();
  return json.substr(from, json.find('"', from) - from);
}

/// A batch line without what differs between the first answer and a repetition's.
std::string_view without_frame(std::string_view line) {
  constexpr std::string_view replayed = ",\"replayed\":true}";
  const std::size_t comma = line.find(',');
  if (comma != std::string_view::npos) line.remove_prefix(comma);
  if (line.ends_with(replayed)) line.remove_suffix(replayed.size());
  else if (line.ends_with('}')) line.remove_suffix(1);
  return line;
}

edge::ClientLimits limits_of(const LoadOptions& options) {
  edge::ClientLimits limits;
  limits.connections_max = options.connections;
  return limits;
}

}  // namespace

LoadRun::LoadRun(const LoadOptions& options, const LoadPlan& plan, edge::ServerAddress server,
                 const Clock& clock)
    : options_(options),
      plan_(plan),
      clock_(clock),
      key_prefix_("load-" + std::to_string(options.seed) + "-" +
                  std::to_string(options.campaign_version) + "-"),
      path_("/v1/redemptions/" + escaped(options.campaign) + "/redeem"),
      connections_(std::move(server), limits_of(options)),
      ledger_(plan.keys()),
      sent_ns_(plan.is_paced() ? 0 : plan.commands().size()) {}

void LoadRun::run(const std::function<void()>& progress) {
  start_ns_ = clock_.monotonic_ns();
  int64_t told_ns = start_ns_;
  for (;;) {
    const int64_t now = clock_.monotonic_ns();
    const bool more = send_due(now - start_ns_);
    if (!more && connections_.unfinished() == 0 && later_.empty()) break;
    if (connections_.unfinished() > 0 || plan_.is_paced()) connections_.run_for(slice_ns);
    if (now - told_ns < progress_ns) continue;
    told_ns = now;
    progress();
  }
}

/// Sends what is due; true when there is more to come.
bool LoadRun::send_due(int64_t now_ns) {
  while (!later_.empty() && later_.top().again_ns <= now_ns) {
    const Package package = later_.top();
    later_.pop();
    send(package);
  }
  const uint64_t total = plan_.commands().size();
  const uint64_t size = std::max<uint64_t>(options_.batch, 1);
  while (next_ < total) {
    const uint64_t count = std::min(size, total - next_);
    if (plan_.is_paced() ? plan_.due_ns(next_ + count - 1) > now_ns
                         : connections_.unfinished() >= options_.connections)
      return true;
    for (uint64_t i = next_; !plan_.is_paced() && i < next_ + count; ++i) sent_ns_[i] = now_ns;
    sent_ += count;
    send({next_, count, 0, 0});
    next_ += count;
  }
  return false;
}

void LoadRun::send(Package package) {
  ++package.attempts;
  const edge::ClientRequest request = options_.batch == 0 ? single(package.first) : batch(package);
  const bool taken = connections_.submit(request, [this, package](auto&& response) {
    answered(package, std::move(response));
  });
  if (!taken) again_or(package, "queue_full");
}

std::string LoadRun::key_of(uint64_t index) const {
  return key_prefix_ + std::to_string(plan_.commands()[index].key);
}

std::string LoadRun::body_of(uint64_t index) const {
  return "{\"claimant\":\"c-" + std::to_string(plan_.commands()[index].claimant) + "\"}";
}

edge::ClientRequest LoadRun::single(uint64_t index) const {
  return {"POST", path_, {{"Content-Type", "application/json"}, {"Idempotency-Key", key_of(index)}},
          body_of(index)};
}

edge::ClientRequest LoadRun::batch(const Package& package) const {
  std::string campaign;
  JsonWriter(campaign).string(options_.campaign);
  edge::ClientRequest request{"POST", "/v1/batch", {{"Content-Type", "application/x-ndjson"}}, {}};
  for (uint64_t i = package.first; i < package.first + package.count; ++i)
    request.body += "{\"domain\":\"redemptions\",\"stream\":" + campaign +
                    ",\"command\":\"redeem\",\"id\":\"" + key_of(i) + "\",\"body\":" + body_of(i) + "}\n";
  return request;
}

void LoadRun::answered(Package package, Result<edge::ClientResponse>&& response) {
  if (!response) return again_or(package, response.error().code);
  if (options_.batch == 0) take_single(package, *response);
  else take_batch(package, *response);
}

void LoadRun::take_single(const Package& package, const edge::ClientResponse& response) {
  if (response.status != 200 && response.status != 409) {
    const std::string_view code = text_member(response.body, response.status == 202 ? "outcome" : "code");
    return again_or(package, code.empty() ? std::to_string(response.status) : code);
  }
  if (const std::string* position = response.header("Spate-Position")) ledger_.saw(*position);
  decided(package.first, response.status == 200 ? "accepted" : text_member(response.body, "code"),
          response.body);
}

void LoadRun::take_batch(const Package& package, const edge::ClientResponse& response) {
  if (response.status != 200) {
    const std::string_view code = text_member(response.body, "code");
    return again_or(package, code.empty() ? std::to_string(response.status) : code);
  }
  std::string_view rest = response.body;
  for (uint64_t i = 0; i < package.count; ++i) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    take_line(package.first + i, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

void LoadRun::take_line(uint64_t index, std::string_view line) {
  const std::string_view outcome = text_member(line, "outcome");
  if (outcome != "accepted" && outcome != "rejected")
    return again_or({index, 1, options_.batch == 0 ? 0u : 1u, 0}, outcome.empty() ? "no_answer" : outcome);
  ledger_.saw(text_member(line, "position"));
  decided(index, outcome == "accepted" ? outcome : text_member(line, "code"), without_frame(line));
}

void LoadRun::decided(uint64_t index, std::string_view outcome, std::string_view answer) {
  const LoadPlan::Planned& command = plan_.commands()[index];
  const int64_t due_ns = plan_.is_paced() ? plan_.due_ns(index) : sent_ns_[index];
  ledger_.decided(command.key, command.repetition, outcome, answer, elapsed_ns() - due_ns);
}

/// The same key makes another attempt safe; 4xx would only be told again.
void LoadRun::again_or(Package package, std::string_view outcome) {
  const bool final = outcome == "parked" || outcome == "malformed_request" ||
                     outcome == "idempotency_key_reused" || outcome == "invalid" ||
                     outcome == "key_reused" || outcome.starts_with("unknown_");
  if (final || package.attempts >= attempts_max) {
    for (uint64_t i = 0; i < package.count; ++i) ledger_.undecided(outcome);
    return;
  }
  ledger_.retried();
  package.again_ns = elapsed_ns() + retry_after_ns;
  later_.push(package);
}

}  // namespace spate::cli
