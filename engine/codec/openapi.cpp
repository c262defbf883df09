// Paths: of each domain its commands, their outcomes, its views and lists.
#include "engine/codec/openapi.hpp"

#include "engine/codec/openapi_schemas.hpp"
#include "engine/codec/openapi_shared.hpp"

namespace spate {
namespace {

class Document {
 public:
  Document(const Catalog& catalog, std::string& text) : catalog_(catalog), out_(text) {}

  void write(std::string_view version) {
    out_.begin_object();
    out_.member("openapi", "3.1.0");
    write_info(version);
    write_tags();
    out_.key("paths");
    out_.begin_object();
    for (const DomainPlan& domain : catalog_.domains()) write_domain(domain);
    out_.raw(openapi_shared_paths);
    out_.end_object();
    out_.key("components");
    out_.begin_object();
    out_.key("schemas");
    out_.begin_object();
    for (const DomainPlan& domain : catalog_.domains()) write_domain_schemas(domain, out_);
    out_.raw(openapi_shared_schemas);
    out_.end_object();
    out_.raw(openapi_shared_components);
    out_.end_object();
    out_.end_object();
  }

 private:
  void write_info(std::string_view version) {
    out_.key("info");
    out_.begin_object();
    out_.member("title", "Spate");
    out_.member("version", version);
    out_.member("description",
                "Send a command; it is written to a durable log, the commands of one stream are "
                "decided strictly one after another, and the answer is yes with the events or no "
                "with the reason. Send it again with the same Idempotency-Key: the same answer, "
                "never a second effect.");
    out_.end_object();
    out_.key("servers");
    out_.raw(R"([{"url":"/"}])");
  }

  void write_tags() {
    out_.key("tags");
    out_.begin_array();
    for (const DomainPlan& domain : catalog_.domains()) {
      out_.begin_object();
      out_.member("name", domain.name);
      out_.end_object();
    }
    out_.raw(R"({"name":"service","description":"The server itself."})");
    out_.end_array();
  }

  void write_domain(const DomainPlan& domain) {
    const std::string stream = "/v1/" + domain.name + "/{stream}";
    for (const CommandPlan& command : domain.commands)
      write_command(domain, command, stream + '/' + std::string(command.name()));
    write_outcome_paths(domain, stream);
    write_feed(domain);
    write_history(domain, stream + "/history");
    for (const ViewPlan& view : domain.views) write_view_paths(domain, view, stream);
  }

  /// `"PATH": {"METHOD": {operationId, tags, summary` …; closed by end_operation.
  void begin_operation(std::string_view path, std::string_view method, const DomainPlan& domain,
                       std::string_view id, std::string_view summary) {
    out_.key(path);
    out_.begin_object();
    out_.key(method);
    out_.begin_object();
    out_.member("operationId", domain.name + '.' + std::string(id));
    out_.key("tags");
    out_.begin_array();
    out_.string(domain.name);
    out_.end_array();
    out_.member("summary", summary);
  }
  void end_operation() {
    out_.end_object();
    out_.end_object();
  }

  void write_parameters(std::initializer_list<std::string_view> names,
                        const TablePlan* filtered = nullptr, const DomainPlan* domain = nullptr) {
    out_.key("parameters");
    out_.begin_array();
    for (std::string_view name : names) write_ref("parameters", name, out_);
    if (filtered != nullptr)
      for (const FieldPlan& field : filtered->fields)
        if (field.filter) write_filter(*domain, field);
    out_.end_array();
  }
  void write_filter(const DomainPlan& domain, const FieldPlan& field) {
    out_.begin_object();
    out_.member("name", field.name);
    out_.member("in", "query");
    out_.member("description", "Only those whose " + field.name + " is this.");
    out_.key("schema");
    write_value_schema(domain, field, out_);
    out_.end_object();
  }

  void write_response_refs(
      std::initializer_list<std::pair<std::string_view, std::string_view>> responses) {
    for (const auto& [status, name] : responses) {
      out_.key(status);
      write_ref("responses", name, out_);
    }
  }

  /// A response of one media type with headers by name.
  void write_response(std::string_view status, std::string_view description,
                      std::initializer_list<std::string_view> headers, std::string_view media_type,
                      std::string_view schema, const DomainPlan* examples_of = nullptr) {
    out_.key(status);
    out_.begin_object();
    out_.member("description", description);
    out_.key("headers");
    out_.begin_object();
    for (std::string_view header : headers) {
      out_.key(header);
      write_ref("headers", header, out_);
    }
    out_.end_object();
    out_.key("content");
    out_.begin_object();
    out_.key(media_type);
    out_.begin_object();
    out_.key("schema");
    write_ref("schemas", schema, out_);
    if (examples_of != nullptr) write_rejection_examples(*examples_of);
    out_.end_object();
    out_.end_object();
    out_.end_object();
  }

  void write_rejection_examples(const DomainPlan& domain) {
    out_.key("examples");
    out_.begin_object();
    for (const RejectionPlan& rejection : domain.rejections) {
      if (rejection.name == "precondition_failed") continue;  // 412
      out_.key(rejection.name);
      out_.begin_object();
      out_.member("summary", rejection.title);
      out_.key("value");
      out_.begin_object();
      out_.member("type", rejection.type);
      out_.member("title", rejection.title);
      out_.member("status", 409);
      if (!rejection.doc.empty()) out_.member("detail", rejection.doc);
      out_.member("code", rejection.name);
      out_.member("outcome", "rejected");
      out_.member("command_id", "9f86d081884c7d659a2feaa0c55ad015");
      out_.member("position", "AQ");
      out_.member("at", "2026-11-29T18:00:00Z");
      out_.end_object();
      out_.end_object();
    }
    out_.end_object();
  }

  void write_command(const DomainPlan& domain, const CommandPlan& command, std::string_view path) {
    const TablePlan& table = *command.table;
    begin_operation(path, "post", domain, command.name(),
                    table.doc.empty() ? std::string_view(table.name) : std::string_view(table.doc));
    write_parameters({"Stream", "IdempotencyKey", "Prefer", "IfMatch"});
    out_.key("requestBody");
    out_.begin_object();
    bool needs_body = false;
    for (const FieldPlan& field : table.fields) needs_body |= field.needed;
    out_.member("required", needs_body);
    out_.key("content");
    out_.begin_object();
    out_.key("application/json");
    out_.begin_object();
    out_.key("schema");
    write_ref("schemas", sent_name(domain, table), out_);
    out_.end_object();
    out_.end_object();
    out_.end_object();
    out_.key("responses");
    out_.begin_object();
    const auto headers = {std::string_view("Spate-Position"), std::string_view("Location"),
                          std::string_view("Idempotency-Key"),
                          std::string_view("Idempotent-Replayed"),
                          std::string_view("Preference-Applied")};
    write_response("200", "Accepted, durable.", headers, "application/json",
                   domain.name + ".Accepted");
    write_response("409", "The domain says no. This answer is stored under the key.", headers,
                   "application/problem+json", domain.name + ".Rejected", &domain);
    write_response_refs({{"202", "Undecided"},
                         {"400", "Malformed"},
                         {"404", "NotFound"},
                         {"412", "PreconditionFailed"},
                         {"413", "TooLarge"},
                         {"415", "UnsupportedMediaType"},
                         {"422", "KeyReused"},
                         {"503", "Unavailable"}});
    out_.end_object();
    end_operation();
  }

  void write_outcome_paths(const DomainPlan& domain, const std::string& stream) {
    begin_operation(stream + "/commands/{command_id}", "get", domain, "outcome",
                    "What became of a command");
    write_parameters({"Stream", "CommandId", "Prefer"});
    write_outcome_responses(domain);
    begin_operation(stream + "/commands", "get", domain, "outcome_by_key",
                    "What became of a command, for who knows only its key");
    out_.key("parameters");
    out_.begin_array();
    write_ref("parameters", "Stream", out_);
    out_.raw(R"({"name":"key","in":"query","required":true,"description":"The Idempotency-Key.",)"
             R"("schema":{"type":"string","pattern":"^[!#-+\\--:<-\\[\\]-~]{1,255}$"}})");
    out_.raw(R"({"name":"source","in":"query","description":"The sender, when it was not you.",)"
             R"("schema":{"type":"string"}})");
    write_ref("parameters", "Prefer", out_);
    out_.end_array();
    write_outcome_responses(domain);
  }
  void write_outcome_responses(const DomainPlan& domain) {
    out_.key("responses");
    out_.begin_object();
    write_response("200", "Decided: accepted or rejected.", {"Spate-Position", "Location"},
                   "application/json",
                   domain.name + ".Outcome");
    write_response_refs(
        {{"202", "Undecided"}, {"400", "Malformed"}, {"404", "NotFound"}, {"503", "Unavailable"}});
    out_.end_object();
    end_operation();
  }

  /// Ends an operation that reads from a position on.
  void write_position_refusals() {
    write_response_refs({{"400", "Malformed"},
                         {"404", "NotFound"},
                         {"409", "PositionUnknown"},
                         {"503", "Unavailable"}});
    out_.end_object();
    end_operation();
  }

  void write_feed(const DomainPlan& domain) {
    begin_operation("/v1/" + domain.name + "/outcomes", "get", domain, "outcomes",
                    "The outcomes of the domain as they became durable, page by page");
    write_parameters({"From", "OfStream", "Limit", "Prefer"});
    out_.key("responses");
    out_.begin_object();
    out_.key("200");
    out_.raw(
        R"({"description":"In the order of time. The feed has no end: `next` goes on behind the )"
        R"(page, also behind an empty one.",)"
        R"("headers":{"Spate-Position":{"$ref":"#/components/headers/Spate-Position"}},)"
        R"("content":{"application/json":{"schema":{"type":"object","required":["items","next"],)"
        R"("properties":{"items":{"type":"array","items":{"$ref":"#/components/schemas/)" +
        domain.name + R"(.Recorded"}},"next":{"type":"string","format":"uri-reference"}}}}}})");
    write_position_refusals();
  }

  void write_history(const DomainPlan& domain, std::string_view path) {
    begin_operation(path, "get", domain, "history",
                    "The commands of a stream: who, when, what became of each");
    write_parameters({"Stream", "FromPoint", "Limit", "SpatePosition", "Prefer"});
    out_.key("responses");
    out_.begin_object();
    out_.key("200");
    out_.raw(
        R"({"description":"In the order in which they were decided. A page may be short or empty: )"
        R"(only `next: null` ends; `looked_at` says how many outcomes were looked through for it.",)"
        R"("headers":{"Spate-Position":{"$ref":"#/components/headers/Spate-Position"}},)"
        R"("content":{"application/json":{"schema":{"type":"object",)"
        R"("required":["items","looked_at","next"],)"
        R"("properties":{"items":{"type":"array","items":{"$ref":"#/components/schemas/)" +
        domain.name +
        R"(.Past"}},"looked_at":{"type":"integer","minimum":0},)"
        R"("next":{"type":["string","null"],"format":"uri-reference"}}}}}})");
    write_position_refusals();
  }

  void write_view_paths(const DomainPlan& domain, const ViewPlan& view, const std::string& stream) {
    const std::string root = "/v1/" + domain.name;
    switch (view.shape.scope) {
      case ViewScope::stream:
        if (!view.unlisted)
          write_list(domain, view, root, "list",
                     {"Limit", "Cursor", "SpatePosition", "Prefer", "IfNoneMatch"});
        write_read(domain, view, stream, "view",
                   {"Stream", "AsOf", "SpatePosition", "Prefer", "IfNoneMatch"});
        return;
      case ViewScope::item:
        if (!view.unlisted)
          write_list(domain, view, stream + '/' + view.name, view.name + "_list",
                     {"Stream", "AsOf", "Limit", "Cursor", "SpatePosition", "Prefer", "IfNoneMatch"});
        write_read(domain, view, stream + '/' + view.name + "/{key}", view.name,
                   {"Stream", "Key", "AsOf", "SpatePosition", "Prefer", "IfNoneMatch"});
        return;
      case ViewScope::gathered:
        write_read(domain, view, root + '/' + view.name + "/{key}", view.name,
                   {"Key", "SpatePosition", "Prefer", "IfNoneMatch"});
    }
  }

  void write_read(const DomainPlan& domain, const ViewPlan& view, std::string_view path,
                  std::string_view id, std::initializer_list<std::string_view> parameters) {
    begin_operation(path, "get", domain, id,
                    view.table->doc.empty() ? view.table->name : view.table->doc);
    write_parameters(parameters);
    out_.key("responses");
    out_.begin_object();
    write_response("200", "As of the position in the header.",
                   {"Spate-Position", "Spate-Staleness", "ETag"},
                   "application/json", shown_name(domain, *view.table));
    write_read_refusals();
  }
  void write_read_refusals() {
    write_response_refs({{"304", "NotModified"}});
    write_position_refusals();
  }

  void write_list(const DomainPlan& domain, const ViewPlan& view, std::string_view path,
                  std::string_view id, std::initializer_list<std::string_view> parameters) {
    begin_operation(
        path, "get", domain, id,
        view.shape.newest_first ? "A page, newest first" : "A page, in the order of keys");
    write_parameters(parameters, view.table, &domain);
    out_.key("responses");
    out_.begin_object();
    out_.key("200");
    out_.raw(
        R"({"description":"A page; it may be short, only `next: null` ends the list.",)"
        R"("headers":{"Spate-Position":{"$ref":"#/components/headers/Spate-Position"},)"
        R"("ETag":{"$ref":"#/components/headers/ETag"}},)"
        R"("content":{"application/json":{"schema":{"type":"object","required":["items","next"],)"
        R"("properties":{"items":{"type":"array","items":{"$ref":"#/components/schemas/)" +
        shown_name(domain, *view.table) +
        R"("}},"next":{"type":["string","null"],"format":"uri-reference"}}}}}})");
    write_read_refusals();
  }

  const Catalog& catalog_;
  JsonWriter out_;
};

}  // namespace

std::string openapi_document(const Catalog& catalog, std::string_view version) {
  std::string text;
  Document(catalog, text).write(version);
  return text;
}

}  // namespace spate
