// The digest is XXH3 over a plain text that describes every reachable type once.
#include "engine/codec/schema_digest.hpp"

#include <flatbuffers/reflection_generated.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "engine/base/hash.hpp"
#include "engine/codec/schema_marks.hpp"

namespace spate {
namespace {

/// What a table's attributes say about keys and lists in the store; the others change only how it
/// is told.
constexpr std::string_view stored_marks[] = {"stream_view", "item_view", "gathered_view",
                                             "newest_first"};

class Describer {
 public:
  explicit Describer(const reflection::Schema& schema) : schema_(schema) {}

  void describe(const reflection::Enum& e) {
    if (!seen_.insert(&e).second) return;
    text_ += "enum " + e.name()->str() + '\n';
    for (const reflection::EnumVal* v : *e.values()) {
      text_ += v->name()->str() + '=' + std::to_string(v->value()) + '\n';
      if (e.is_union() && v->union_type()) describe(*v->union_type());
    }
  }
  const std::string& text() const { return text_; }

 private:
  void describe(const reflection::Type& type) {
    const auto index = static_cast<uint32_t>(type.index());
    if (type.index() < 0) return;
    if (type.base_type() == reflection::Obj || type.element() == reflection::Obj)
      describe(*schema_.objects()->Get(index));
    else
      describe(*schema_.enums()->Get(index));
  }

  void describe(const reflection::Object& object) {
    if (!seen_.insert(&object).second) return;
    text_ += (object.is_struct() ? "struct " : "table ") + object.name()->str() + ' ' +
             std::to_string(object.bytesize());
    for (const std::string_view mark : stored_marks)
      if (attribute(object.attributes(), mark) != nullptr) text_.append(" ").append(mark);
    text_ += '\n';
    std::vector<const reflection::Field*> fields(object.fields()->begin(), object.fields()->end());
    std::sort(fields.begin(), fields.end(),
              [](const auto* a, const auto* b) { return a->offset() < b->offset(); });
    for (const reflection::Field* f : fields)
      text_ += f->name()->str() + ' ' + std::to_string(f->offset()) + ' ' +
               std::to_string(f->type()->base_type()) + ' ' + std::to_string(f->type()->element()) +
               ' ' + std::to_string(f->default_integer()) + ' ' +
               std::to_string(f->default_real()) + ' ' + std::to_string(f->optional()) + '\n';
    for (const reflection::Field* f : fields) describe(*f->type());
  }

  const reflection::Schema& schema_;
  std::string text_;
  std::set<const void*> seen_;
};

}  // namespace

uint64_t schema_digest(const reflection::Schema& schema, const reflection::Enum& members) {
  Describer describer(schema);
  describer.describe(members);
  return xxh3_64(as_bytes(describer.text()));
}

Result<uint64_t> view_schema_digest(Bytes binary) {
  flatbuffers::Verifier verifier(binary.data(), binary.size());
  if (binary.data() != nullptr && reflection::VerifySchemaBuffer(verifier)) {
    const reflection::Schema& schema = *reflection::GetSchema(binary.data());
    for (const reflection::Enum* e : *schema.enums()) {
      const std::string name = e->name()->str();
      if (name.substr(name.rfind('.') + 1) == "View") return schema_digest(schema, *e);
    }
  }
  return stop("schema_invalid", "it is no binary schema (.bfbs) of a domain");
}

}  // namespace spate
