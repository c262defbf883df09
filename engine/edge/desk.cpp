// Requests are routed here; what needs the engine waits until it has started.
#include "engine/edge/desk.hpp"

#include "engine/edge/pages.hpp"

namespace spate::edge {
namespace {

/// A literal for every method that has a resource, so that observers may keep it.
std::string_view literal_method(std::string_view method) {
  for (std::string_view known : {"GET", "POST", "HEAD"})
    if (method == known) return known;
  return "OTHER";
}

bool needs_engine(Resource resource) { return resource > Resource::root; }

}  // namespace

void Desk::take(const Request& request, ReplyTo reply) {
  Exchange exchange;
  exchange.reply = std::move(reply);
  exchange.method = literal_method(request.method);
  exchange.started_ns = edge_.now_ns();
  exchange.trace = read_trace(request);
  auto resolved = resolve(edge_.context.catalog, request.method, request.path);
  if (const Problem* problem = std::get_if<Problem>(&resolved)) {
    exchange.resource = Resource::unknown;
    return edge_.fail(exchange, *problem);
  }
  Route& route = std::get<Route>(resolved);
  exchange.resource = route.resource;
  if (needs_engine(route.resource) && !is_started()) {
    Problem problem = refusal(Answer::not_ready);
    if (request.method != "POST") problem.taken = {};
    return edge_.fail(exchange, problem);
  }
  dispatch(std::move(exchange), std::move(route), request);
}

bool Desk::is_started() {
  if (!started_) started_ = !edge_.context.startup || edge_.context.startup().ok;
  return started_;
}

void Desk::dispatch(Exchange&& exchange, Route&& route, const Request& request) {
  switch (route.resource) {
    case Resource::command:
      return commands_.take(std::move(exchange), std::move(route), request);
    case Resource::batch:
      return batches_.take(std::move(exchange), request);
    case Resource::command_by_id:
    case Resource::command_by_key:
      return commands_.look_up(std::move(exchange), std::move(route), request);
    case Resource::outcomes:
      return feed_.take(std::move(exchange), std::move(route), request);
    case Resource::history:
      return histories_.take(std::move(exchange), std::move(route), request);
    case Resource::stream_list:
    case Resource::stream_view:
    case Resource::item_list:
    case Resource::item_view:
    case Resource::gathered_view:
      return reads_.take(std::move(exchange), std::move(route), request);
    default:
      return edge_.finish(exchange,
                          page_of(edge_.context, route, request, exchange.trace.trace_id()));
  }
}

void Desk::poll() {
  if (edge_.courier.poll()) batches_.turn();
  reads_.advance();
  feed_.advance();
}

void Desk::tick() {
  commands_.tick();
  batches_.tick();
  reads_.tick();
  feed_.tick();
  histories_.tick();
}

}  // namespace spate::edge
