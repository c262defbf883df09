// Probes answer in plain text, GET /v1 in JSON, problem pages in HTML.
#include "engine/edge/pages.hpp"

#include "engine/codec/problem_page.hpp"
#include "engine/edge/header_rules.hpp"

namespace spate::edge {
namespace {

Response plain(int status, std::string body) {
  Response response;
  response.status = status;
  response.type = text_type;
  response.body = std::move(body);
  response.header("Cache-Control", "no-store");
  return response;
}

Response probe_page(const std::function<Probe()>& ask, const EdgeContext& context,
                    const Request& request) {
  const Probe probe = ask ? ask() : Probe{true, ""};
  const bool verbose = request.query == "verbose" || request.query.starts_with("verbose=") ||
                       request.query.find("&verbose") != std::string_view::npos;
  std::string body = probe.ok ? "ok\n" : "not ready\n";
  if (verbose || !probe.ok) body += probe.text;
  Response response = plain(probe.ok ? 200 : 503, std::move(body));
  if (!probe.ok) response.header("Retry-After", std::to_string(context.limits.retry_after_s));
  return response;
}

void write_names(std::string_view key, std::vector<std::string> names, JsonWriter& out) {
  out.key(key);
  out.begin_array();
  for (const std::string& name : names) out.string(name);
  out.end_array();
}

std::vector<std::string> view_paths(const DomainPlan& domain) {
  std::vector<std::string> paths;
  const std::string root = "/v1/" + domain.name;
  for (const ViewPlan& view : domain.views) {
    switch (view.shape.scope) {
      case ViewScope::stream:
        if (!view.unlisted) paths.push_back(root);
        paths.push_back(root + "/{stream}");
        break;
      case ViewScope::item:
        if (!view.unlisted) paths.push_back(root + "/{stream}/" + view.name);
        paths.push_back(root + "/{stream}/" + view.name + "/{key}");
        break;
      case ViewScope::gathered:
        paths.push_back(root + "/" + view.name + "/{key}");
        break;
    }
  }
  return paths;
}

Response root_page(const Catalog& catalog) {
  Response response;
  JsonWriter out(response.body);
  out.begin_object();
  out.key("domains");
  out.begin_array();
  for (const DomainPlan& domain : catalog.domains()) {
    out.begin_object();
    out.member("domain", domain.name);
    write_names("commands", command_names(domain), out);
    write_names("views", view_paths(domain), out);
    out.end_object();
  }
  out.end_array();
  out.member("send", "POST /v1/{domain}/{stream}/{command}");
  out.member("batch", "POST /v1/batch");
  out.member("outcomes", "GET /v1/{domain}/outcomes");
  out.member("history", "GET /v1/{domain}/{stream}/history");
  out.member("openapi", "/openapi.json");
  out.end_object();
  return response;
}

Response html(const ProblemText& text) {
  Response response;
  response.type = html_type;
  response.body = problem_page_html(text);
  return response;
}

Response problem_page(const Catalog& catalog, const Route& route, std::string_view trace_id) {
  const std::size_t slash = route.key.find('/');
  if (slash == std::string::npos) {
    if (const ProblemKind* kind = find_problem_kind(route.key))
      return html({kind->title, kind->code, kind->status, kind->meaning, {}});
    for (const DomainPlan& domain : catalog.domains())
      if (const RejectionPlan* rejection = domain.rejection(route.key);
          rejection && rejection->is_built_in())
        return html(problem_text(*rejection));
  } else if (const DomainPlan* domain = catalog.find(route.key.substr(0, slash))) {
    if (const RejectionPlan* rejection = domain->rejection(route.key.substr(slash + 1)))
      return html(problem_text(*rejection));
  }
  std::vector<std::string> known;
  for (const ProblemKind& kind : problem_kinds()) known.emplace_back(kind.code);
  for (const DomainPlan& domain : catalog.domains())
    for (const RejectionPlan& rejection : domain.rejections)
      known.push_back(domain.name + "/" + rejection.name);
  return to_response(not_found("unknown_path", "problem", route.key, known), trace_id, 0);
}

Response text_of(const std::function<std::string()>& make, std::string_view type) {
  Response response;
  response.type = type;
  if (make) response.body = make();
  return response;
}

/// What changes with the binary alone: asked again it is not sent again.
Response unless_known(Response&& response, const Request& request) {
  if (response.status != 200) return std::move(response);
  const std::string etag = etag_of(response.body);
  response.header("ETag", etag).header("Cache-Control", "no-cache");
  if (!none_match_hits(request, etag)) return std::move(response);
  response.status = 304;
  response.type = {};
  response.body.clear();
  return std::move(response);
}

constexpr std::string_view order_example =
    "curl -X POST -H 'Content-Type: application/json' -d '{}' http://HOST/admin/replay/ORDER";

std::string admin_status(AdminDoor& admin, Resource resource) {
  if (resource == Resource::snapshot) return admin.snapshot();
  return resource == Resource::scan ? admin.scan() : admin.replay();
}

std::variant<std::string, Problem> admin_order(AdminDoor& admin, const Route& route,
                                               std::string_view body) {
  if (route.resource == Resource::snapshot) return admin.take_snapshot(body);
  if (route.resource == Resource::scan) return admin.order_scan(body);
  return admin.replay_order(route.key, body);
}

/// A form of another site cannot send JSON, so nobody's browser gives orders here.
Response admin_page(AdminDoor* admin, const Route& route, const Request& request,
                    std::string_view trace_id) {
  const auto refused = [&](const Problem& problem) { return to_response(problem, trace_id, 1); };
  if (admin == nullptr)
    return refused({.status = 404,
                    .code = "unknown_path",
                    .detail = "the admin door is closed: see the setting `admin`"});
  Response response;
  response.header("Cache-Control", "no-store");
  if (request.method != "POST") {
    response.body = admin_status(*admin, route.resource);
    return response;
  }
  if (const auto problem = check_media_type(request, json_type, order_example))
    return refused(*problem);
  auto answer = admin_order(*admin, route, request.body);
  if (const Problem* problem = std::get_if<Problem>(&answer)) return refused(*problem);
  response.status = 202;
  response.body = std::move(std::get<std::string>(answer));
  return response;
}

}  // namespace

Response page_of(const EdgeContext& context, const Route& route, const Request& request,
                 std::string_view trace_id) {
  switch (route.resource) {
    case Resource::livez:
      return plain(200, "ok\n");
    case Resource::readyz:
      return probe_page(context.readiness, context, request);
    case Resource::startupz:
      return probe_page(context.startup, context, request);
    case Resource::metrics:
      if (!context.metrics_text)
        return to_response({.status = 404,
                            .code = "unknown_path",
                            .detail = "metrics are switched off: ENABLE_METRICS or `metrics`"},
                           trace_id, 0);
      return text_of(context.metrics_text, "text/plain; version=0.0.4; charset=utf-8");
    case Resource::openapi:
      return unless_known(text_of(context.openapi_json, json_type), request);
    case Resource::problem_page:
      return unless_known(problem_page(context.catalog, route, trace_id), request);
    case Resource::replay:
    case Resource::replay_order:
    case Resource::snapshot:
    case Resource::scan:
      return admin_page(context.admin, route, request, trace_id);
    default:
      return unless_known(root_page(context.catalog), request);
  }
}

}  // namespace spate::edge
