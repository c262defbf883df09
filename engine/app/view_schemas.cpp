// A file that is rotten or missing costs a fold, never a wrong reading.
#include "engine/app/view_schemas.hpp"

#include <cstdio>
#include <filesystem>

#include "engine/app/schema_record.hpp"
#include "engine/codec/schema_compare.hpp"
#include "engine/codec/schema_digest.hpp"
#include "engine/state/file.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

std::string views_folder_of(const std::string& data) { return data + "/schemas/views"; }

std::string path_of(const std::string& data, const std::string& domain, uint64_t digest) {
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(digest));
  return views_folder_of(data) + "/" + domain + "-" + text + ".bfbs";
}

Result<void> keep(const std::string& data, const std::string& domain, const std::string& schema) {
  TRY(const uint64_t digest, view_schema_digest(as_bytes(schema)));
  const std::string path = path_of(data, domain, digest);
  if (read_schema_record(path)) return {};
  TRY(state::make_directory(data + "/schemas"));
  TRY(state::make_directory(views_folder_of(data)));
  return write_schema_record(path, schema);
}

}  // namespace

std::vector<std::string> keep_view_schemas(const std::string& data, const Catalog& catalog) {
  std::vector<std::string> notes;
  const auto keep_all = [&](const SchemaSet& schemas) {
    for (const auto& [domain, schema] : schemas)
      if (const auto kept = keep(data, domain, schema); !kept)
        notes.push_back("the schema of the views of " + domain +
                        " could not be kept, the next start tries again: " + kept.error().detail);
  };
  if (const Result<SchemaSet> recorded = recorded_schemas(data)) keep_all(*recorded);
  keep_all(compiled_schemas(catalog));
  return notes;
}

std::map<std::string, std::vector<uint64_t>> readable_view_schemas(const std::string& data,
                                                                   const Catalog& catalog) {
  std::map<std::string, std::vector<uint64_t>> readable;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(views_folder_of(data), error)) {
    const std::string name = entry.path().stem().string();
    const DomainPlan* plan = catalog.find(name.substr(0, name.rfind('-')));
    const Result<std::string> schema = read_schema_record(entry.path().string());
    if (plan == nullptr || !schema) continue;
    const auto digest = view_schema_digest(as_bytes(*schema));
    const auto changes = view_misreadings(as_bytes(*schema), plan->domain->schema);
    if (digest && changes && changes->empty()) readable[plan->name].push_back(*digest);
  }
  return readable;
}

}  // namespace spate
