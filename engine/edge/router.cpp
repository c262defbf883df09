// Paths to resources. Literal segments win; what cannot be a stream's key is refused before 404.
#include "engine/edge/router.hpp"

#include <array>

#include "engine/base/text.hpp"

namespace spate::edge {
namespace {

using Resolved = std::variant<Route, Problem>;
using Segments = std::vector<std::string>;

struct Service {
  std::string_view path;
  Resource resource;
  bool is_probe = true;
};
constexpr Service services[] = {
    {"livez", Resource::livez},     {"readyz", Resource::readyz},
    {"health", Resource::readyz},   {"startupz", Resource::startupz},
    {"metrics", Resource::metrics}, {"openapi.json", Resource::openapi, false},
};

bool reads(std::string_view method) { return method == "GET" || method == "HEAD"; }

Resolved allowed(Route route, std::string_view method) {
  if (route.resource == Resource::snapshot || route.resource == Resource::scan) {
    if (method == "POST" || reads(method)) return route;
    return Problem{.status = 405,
                   .code = "method_not_allowed",
                   .detail = std::string(route_name(route.resource)) + " answers GET, HEAD, POST",
                   .allow = "GET, HEAD, POST"};
  }
  const bool posts = route.resource == Resource::command || route.resource == Resource::batch ||
                     route.resource == Resource::replay_order;
  if (posts ? method == "POST" : reads(method)) return route;
  const std::string_view allow = posts ? "POST" : "GET, HEAD";
  return Problem{
      .status = 405,
      .code = "method_not_allowed",
      .detail = std::string(route_name(route.resource)) + " answers " + std::string(allow),
      .allow = std::string(allow)};
}

Resolved unknown_path(const Segments& segments) {
  std::vector<std::string> known;
  for (const Service& s : services) known.emplace_back(s.path);
  known.insert(known.end(), {"v1", "problems/{code}"});
  std::string asked = segments.empty() ? "/" : segments.front();
  if (asked == "v1") {  // too long
    for (std::size_t i = 1; i < segments.size(); ++i) asked += "/" + segments[i];
    known.back() = "v1/{domain}/{stream}/{view}/{key}";
  }
  return not_found("unknown_path", "path", asked, known);
}

/// `below`: the segment before, which may be the misspelt name of a gathered view.
Resolved unknown_view(const DomainPlan& domain, std::string_view below, std::string_view asked) {
  std::vector<std::string> names = view_names(domain, false);
  names.insert(names.end(), {"commands", "history"});
  const std::vector<std::string> gathered = view_names(domain, true);
  NearestName near(below);
  for (const std::string& name : gathered) near.offer(name);
  if (!near.found().empty()) return not_found("unknown_view", "view", below, gathered);
  Problem problem = not_found("unknown_view", "view", asked, names);
  for (const std::string& name : gathered)
    problem.detail += ", /v1/" + domain.name + "/" + name + "/{key}";
  if (domain.command(asked) != nullptr)
    problem.detail =
        "'" + std::string(asked) + "' is a command of " + domain.name + ": send it with POST";
  return problem;
}

/// /v1/{domain}/{stream}/{name}, where the name says whether it is a view or a command.
Resolved below_stream(Route route, const std::string& name, std::string_view method) {
  const DomainPlan& domain = *route.domain;
  if (name == "commands") {
    route.resource = Resource::command_by_key;
    return allowed(std::move(route), method);
  }
  const ViewPlan* view = domain.view(name);
  const CommandPlan* command = domain.command(name);
  if (name == "history" && (command == nullptr || method != "POST")) {
    route.resource = Resource::history;
    return allowed(std::move(route), method);
  }
  const bool is_items = view != nullptr && view->shape.scope == ViewScope::item;
  if (command != nullptr && (method == "POST" || !is_items)) {
    route.resource = Resource::command;
    route.command = command;
    return allowed(std::move(route), method);
  }
  if (is_items) {
    route.resource = Resource::item_list;
    route.view = view;
    return allowed(std::move(route), method);
  }
  if (reads(method)) return unknown_view(domain, route.stream, name);
  return not_found("unknown_command", "command", name, command_names(domain));
}

Resolved below_item(Route route, const Segments& s, std::string_view method) {
  route.key = s[4];
  if (s[3] == "commands") {
    CommandId id;
    if (!from_hex(s[4], id)) return bad_parameter("command_id", "must be 32 hex digits");
    route.resource = Resource::command_by_id;
    return allowed(std::move(route), method);
  }
  const ViewPlan* view = route.domain->view(s[3]);
  if (view == nullptr || view->shape.scope != ViewScope::item)
    return unknown_view(*route.domain, {}, s[3]);
  route.resource = Resource::item_view;
  route.view = view;
  return allowed(std::move(route), method);
}

Problem no_ident(std::string_view parameter) {
  return bad_parameter(parameter,
                       "must be 1 to 128 bytes of UTF-8 without white space, control "
                       "characters or '/'");
}

/// Whatever the domain is, these paths are wrong.
std::optional<Problem> path_fault(const Segments& s) {
  if (s.size() >= 3 && !is_ident(s[2])) return no_ident("stream");
  if (s.size() == 5 && s[3] != "commands" && !is_ident(s[4])) return no_ident("key");
  return std::nullopt;
}

Resolved resolve_domain(const Catalog& catalog, const Segments& s, std::string_view method) {
  Route route;
  route.domain = catalog.find(s[1]);
  if (route.domain == nullptr)
    return not_found("unknown_domain", "domain", s[1], domain_names(catalog));
  if (s.size() == 2) {
    route.resource = Resource::stream_list;
    route.view = route.domain->stream_view();
    return allowed(std::move(route), method);
  }
  const ViewPlan* literal = route.domain->view(s[2]);
  if (s.size() == 4 && literal != nullptr && literal->shape.scope == ViewScope::gathered &&
      method != "POST") {  // a POST is meant for a stream of that name, which cannot be
    if (!is_ident(s[3])) return no_ident("key");
    route.resource = Resource::gathered_view;
    route.view = literal;
    route.key = s[3];
    return allowed(std::move(route), method);
  }
  if (s.size() == 3 && s[2] == "outcomes") {
    route.resource = Resource::outcomes;
    return allowed(std::move(route), method);
  }
  if (route.domain->reserves(s[2]))
    return bad_parameter("stream", "'" + s[2] + "' is reserved and cannot be a stream's key");
  route.stream = s[2];
  if (s.size() == 3) {
    route.resource = Resource::stream_view;
    route.view = route.domain->stream_view();
    return allowed(std::move(route), method);
  }
  if (s.size() == 4) return below_stream(std::move(route), s[3], method);
  if (s.size() == 5) return below_item(std::move(route), s, method);
  return unknown_path(s);
}

constexpr std::string_view replay_orders[] = {"rebuild", "pause",  "resume",  "switch",
                                              "cancel",  "commit", "rollback"};

Resolved resolve_admin(const Segments& s, std::string_view method) {
  if (s.size() == 2 && s[1] == "replay") return allowed({.resource = Resource::replay}, method);
  if (s.size() == 2 && s[1] == "snapshot") return allowed({.resource = Resource::snapshot}, method);
  if (s.size() == 2 && s[1] == "scan") return allowed({.resource = Resource::scan}, method);
  std::vector<std::string> known{"admin/snapshot", "admin/scan"};
  for (const std::string_view order : replay_orders) {
    known.push_back("admin/replay/" + std::string(order));
    if (s.size() != 3 || s[1] != "replay" || s[2] != order) continue;
    Route route;
    route.resource = Resource::replay_order;
    route.key = order;
    return allowed(std::move(route), method);
  }
  known.emplace_back("admin/replay");
  std::string asked = s.front();
  for (std::size_t i = 1; i < s.size(); ++i) asked += "/" + s[i];
  return not_found("unknown_path", "path", asked, known);
}

Resolved resolve_service(const Segments& s, std::string_view method) {
  Route route;
  if (s.size() >= 2 && s.front() == "problems") {
    route.resource = Resource::problem_page;
    for (std::size_t i = 1; i < s.size(); ++i) route.key += (i == 1 ? "" : "/") + s[i];
    return allowed(std::move(route), method);
  }
  if (s.size() != 1) return unknown_path(s);
  for (const Service& service : services) {
    if (s.front() != service.path) continue;
    route.resource = service.resource;
    return allowed(std::move(route), method);
  }
  return unknown_path(s);
}

}  // namespace

bool is_probe(std::string_view path) {
  for (const Service& s : services)
    if (s.is_probe && path.starts_with('/') && path.substr(1) == s.path) return true;
  return false;
}

bool may_begin_probe(std::string_view bytes) {
  for (std::string_view method : {"GET /", "HEAD /"}) {
    if (method.starts_with(bytes)) return true;
    if (!bytes.starts_with(method)) continue;
    const std::string_view path = bytes.substr(method.size());
    for (const Service& s : services)
      if (s.is_probe && (path.starts_with(s.path) || s.path.starts_with(path))) return true;
  }
  return false;
}

std::string_view route_name(Resource resource) {
  static constexpr std::array<std::string_view, 23> names{"/livez",
                                                          "/readyz",
                                                          "/startupz",
                                                          "/metrics",
                                                          "/openapi.json",
                                                          "/problems/{code}",
                                                          "/v1",
                                                          "/v1/batch",
                                                          "/v1/{domain}",
                                                          "/v1/{domain}/{stream}",
                                                          "/v1/{domain}/{stream}/{view}",
                                                          "/v1/{domain}/{stream}/{view}/{key}",
                                                          "/v1/{domain}/{view}/{key}",
                                                          "/v1/{domain}/outcomes",
                                                          "/v1/{domain}/{stream}/{command}",
                                                          "/v1/{domain}/{stream}/commands",
                                                          "/v1/{domain}/{stream}/commands/{id}",
                                                          "/v1/{domain}/{stream}/history",
                                                          "/admin/replay",
                                                          "/admin/replay/{order}",
                                                          "/admin/snapshot",
                                                          "/admin/scan",
                                                          "unknown"};
  return names[static_cast<std::size_t>(resource)];
}

Resolved resolve(const Catalog& catalog, std::string_view method, std::string_view path) {
  Segments segments;
  if (auto fault = split_path(path, segments)) return *std::move(fault);
  if (segments.empty()) return unknown_path(segments);
  if (segments.front() == "admin") return resolve_admin(segments, method);
  if (segments.front() != "v1") return resolve_service(segments, method);
  if (auto fault = path_fault(segments)) return *std::move(fault);
  if (segments.size() == 1) return allowed({.resource = Resource::root}, method);
  if (segments.size() == 2 && segments[1] == "batch")
    return allowed({.resource = Resource::batch}, method);
  return resolve_domain(catalog, segments, method);
}

std::vector<std::string> domain_names(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const DomainPlan& d : catalog.domains()) names.push_back(d.name);
  return names;
}

std::vector<std::string> command_names(const DomainPlan& domain) {
  std::vector<std::string> names;
  for (const CommandPlan& c : domain.commands) names.emplace_back(c.name());
  return names;
}

std::vector<std::string> view_names(const DomainPlan& domain, bool gathered) {
  std::vector<std::string> names;
  for (const ViewPlan& v : domain.views)
    if (v.shape.scope == (gathered ? ViewScope::gathered : ViewScope::item))
      names.push_back(v.name);
  return names;
}

}  // namespace spate::edge
