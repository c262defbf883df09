// The problems of the edge and how they are written.
#include "engine/edge/problem.hpp"

#include <algorithm>
#include <iterator>

#include "engine/base/text.hpp"

namespace spate::edge {
namespace {

constexpr ProblemKind kinds[] = {
    {"malformed_request", 400, "Malformed request",
     "The request is wrong whatever the state: its framing, path, parameters, headers or body. "
     "Nothing happened and the idempotency key is still free. `errors` names each fault; correct "
     "them and send it again."},
    {"unknown_path", 404, "No such path",
     "Start at GET /v1: it lists domains, commands and views."},
    {"unknown_domain", 404, "No such domain", "GET /v1 lists the domains of this server."},
    {"unknown_command", 404, "No such command", "GET /v1 lists the commands of each domain."},
    {"unknown_view", 404, "No such view", "GET /v1 lists the views of each domain."},
    {"unknown_stream", 404, "No such stream",
     "A stream exists once a first command was accepted. After a command of your own, send its "
     "Spate-Position with the read: it waits until the view has caught up."},
    {"unknown_item", 404, "No such item", "The stream or the item does not exist in this view."},
    {"unknown_command_id", 404, "Command never seen",
     "No command with this id or key reached this stream. It is safe to send it (again)."},
    {"unknown_projection", 404, "No such projection",
     "`detail` lists the projections of this server; each bears the name of its domain."},
    {"method_not_allowed", 405, "Method not allowed", "The header Allow lists what is."},
    {"request_timeout", 408, "Request too slow",
     "The request did not arrive in time. Nothing happened; send it again on a new connection."},
    {"position_unknown", 409, "Position of another log",
     "The position or cursor comes from another life of this log, before it was restored from a "
     "backup or rebuilt, or it lies beyond its end. Drop it and read again without."},
    {"past_too_far", 409, "Too much to fold",
     "A view of the past is folded from the first outcome on, and this one takes more outcomes or "
     "memory than a server spends on a question; `detail` says how much. With the server stopped, "
     "`spate get DOMAIN STREAM --as-of … --data DIR` has no such limit."},
    {"replay_conflict", 409, "Not at this stage",
     "A rebuild goes its way step by step, one at a time; `detail` says which step is next. GET "
     "/admin/replay shows where it is."},
    {"scan_conflict", 409, "One at a time",
     "Stored rows and views are being scanned; GET /admin/scan shows how far it is."},
    {"snapshot_conflict", 409, "One at a time",
     "A snapshot is being taken; GET /admin/snapshot shows how far it is. Ask again when it is done."},
    {"precondition_failed", 412, "Another version",
     "The stream had another version than If-Match named when the command was decided; nothing "
     "happened. Read the view, decide anew, send with a new idempotency key."},
    {"payload_too_large", 413, "Body too large", "Send less at once; `detail` names the limit."},
    {"uri_too_long", 414, "Request line too long",
     "Shorten path or query; `detail` names the limit."},
    {"unsupported_media_type", 415, "Unsupported media type",
     "`detail` shows a request that works."},
    {"expectation_failed", 417, "Unknown expectation",
     "Only `Expect: 100-continue` is understood."},
    {"idempotency_key_reused", 422, "Idempotency key reused",
     "This key already names another command of this stream; nothing happened. A retry must repeat "
     "the first request; a new wish needs a new key."},
    {"headers_too_large", 431, "Headers too large", "`detail` names the limit."},
    {"internal", 500, "Internal error",
     "Our fault. A retry with the same idempotency key is safe."},
    {"overloaded", 503, "Overloaded",
     "Queues are full. Send it again with the same idempotency key after Retry-After seconds."},
    {"not_ready", 503, "Not ready",
     "The server is starting or has not caught up. Send it again after Retry-After seconds."},
    {"shutting_down", 503, "Shutting down",
     "This server is stopping. Send it again with the same idempotency key, to another one or "
     "later."},
    {"stream_parked", 503, "Stream parked",
     "An earlier command of this stream failed by a fault of ours and as many wait behind it as "
     "may. "
     "It is decided after repair; send it again with the same idempotency key later."},
    {"views_stopped", 503, "Views stopped",
     "The projection failed or is of another version: its views show no outcomes as new as the one "
     "asked for until it is repaired. `detail` says what happened and what to run. Without a position "
     "they are shown as they are; commands are not affected."},
    {"storage_full", 503, "Storage full", "The disk is full: reads work, commands do not."},
    {"http_version_not_supported", 505, "HTTP version not supported", "Use HTTP/1.1."},
};

void write_errors(const std::vector<WireFault>& errors, JsonWriter& out) {
  out.key("errors");
  out.begin_array();
  for (const WireFault& e : errors) {
    out.begin_object();
    if (e.place == WireFault::Place::pointer) out.member("pointer", e.name);
    if (e.place == WireFault::Place::parameter) out.member("parameter", e.name);
    if (e.place == WireFault::Place::header) out.member("header", e.name);
    out.member("detail", e.detail);
    out.end_object();
  }
  out.end_array();
}

/// Names this occurrence and nothing else: the trace id as the URI of a UUID (RFC 9562).
std::string instance_of(std::string_view trace_id) {
  std::string uri = "urn:uuid:";
  for (std::size_t i = 0; i < trace_id.size(); ++i) {
    if (i == 8 || i == 12 || i == 16 || i == 20) uri += '-';
    uri += trace_id[i];
  }
  return uri;
}

}  // namespace

std::span<const ProblemKind> problem_kinds() { return kinds; }

const ProblemKind* find_problem_kind(std::string_view code) {
  for (const ProblemKind& kind : kinds)
    if (kind.code == code) return &kind;
  return nullptr;
}

void gather(std::optional<Problem> problem, WireFaults& faults) {
  if (!problem) return;
  std::move(problem->errors.begin(), problem->errors.end(), std::back_inserter(faults));
}

Problem malformed(WireFaults errors) {
  std::string detail = errors.size() == 1 ? errors.front().name + " " + errors.front().detail
                                          : std::to_string(errors.size()) + " faults, see errors";
  if (detail.starts_with(' ')) detail.erase(0, 1);
  return {.status = 400,
          .code = "malformed_request",
          .detail = std::move(detail),
          .errors = std::move(errors)};
}

Problem malformed(FieldFaults&& faults) {
  WireFaults errors;
  for (FieldFault& f : faults)
    errors.push_back({WireFault::Place::pointer, std::move(f.pointer), std::move(f.detail)});
  return malformed(std::move(errors));
}

Problem bad_parameter(std::string_view name, std::string detail) {
  return malformed({{WireFault::Place::parameter, std::string(name), std::move(detail)}});
}

Problem bad_header(std::string_view name, std::string detail) {
  return malformed({{WireFault::Place::header, std::string(name), std::move(detail)}});
}

Problem not_found(std::string_view code, std::string_view what, std::string_view asked,
                  std::span<const std::string> existing) {
  std::string detail = "there is no " + std::string(what) + " '" + std::string(asked) + "'";
  NearestName near(asked);
  for (const std::string& name : existing) near.offer(name);
  detail += near.hint();
  for (std::size_t i = 0; i < existing.size(); ++i)
    detail +=
        (i == 0 ? (near.found().empty() ? "; there are: " : " There are: ") : ", ") + existing[i];
  return {.status = 404, .code = code, .detail = std::move(detail)};
}

Problem unavailable(std::string_view code, std::string detail, std::string_view taken) {
  return {.status = 503, .code = code, .detail = std::move(detail), .taken = taken};
}

Problem unreadable(const Fault& fault, std::string_view taken) {
  if (fault.action == FaultAction::retry)
    return unavailable("not_ready", "what was decided cannot be read just now: " + fault.detail,
                       taken);
  return {.status = 500, .code = "internal", .detail = fault.detail};
}

void write_problem(const Problem& p, std::string_view trace_id, JsonWriter& out) {
  const ProblemKind* kind = find_problem_kind(p.code);
  out.member("type", "/problems/" + std::string(p.code));
  out.member("title", kind != nullptr ? kind->title : p.code);
  out.member("status", p.status);
  if (!p.detail.empty()) out.member("detail", p.detail);
  out.member("code", p.code);
  if (!p.taken.empty()) out.member("taken", p.taken);
  if (!p.command_id.empty()) out.member("command_id", p.command_id);
  if (!p.errors.empty()) write_errors(p.errors, out);
  if (trace_id.empty()) return;
  out.member("instance", instance_of(trace_id));
  out.member("trace_id", trace_id);
}

Response to_response(const Problem& problem, std::string_view trace_id, int64_t retry_after_s) {
  Response response;
  response.status = problem.status;
  response.type = problem_type;
  JsonWriter out(response.body);
  out.begin_object();
  write_problem(problem, trace_id, out);
  out.end_object();
  if (!problem.allow.empty()) response.header("Allow", problem.allow);
  if (problem.status == 503) response.header("Retry-After", std::to_string(retry_after_s));
  return response;
}

}  // namespace spate::edge
