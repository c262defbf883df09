// A record is replaced whole: a crash leaves the old one or the new one.
#include "engine/app/schema_record.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/hash.hpp"
#include "engine/codec/schema_compare.hpp"
#include "engine/state/file.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t hash_bytes = sizeof(uint64_t);

std::string schemas_folder_of(const std::string& data) { return data + "/schemas"; }

}  // namespace

Result<std::string> read_schema_record(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  std::string whole = out.str();
  uint64_t hash = 0;
  if (in && whole.size() > hash_bytes) {
    std::memcpy(&hash, whole.data() + whole.size() - hash_bytes, hash_bytes);
    whole.resize(whole.size() - hash_bytes);
    if (hash == xxh3_64(as_bytes(whole))) return whole;
  }
  return stop("schema_record",
              path + " is not whole: restore it from a copy; or, when you know that this "
                              "binary's schemas are those that the history was written with, remove "
                              "it, and the next start records them");
}

Result<void> write_schema_record(const std::string& path, const std::string& schema) {
  const std::string fresh = path + ".new";
  TRY(state::File file, state::File::create(fresh));
  const uint64_t hash = xxh3_64(as_bytes(schema));
  TRY(file.write(0, as_bytes(schema)));
  TRY(file.write(schema.size(), {reinterpret_cast<const uint8_t*>(&hash), hash_bytes}));
  return state::publish(file, fresh, path);
}

Result<SchemaSet> recorded_schemas(const std::string& data) {
  SchemaSet schemas;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(schemas_folder_of(data), error)) {
    if (entry.path().extension() != ".bfbs") continue;
    TRY(schemas[entry.path().stem().string()], read_schema_record(entry.path().string()));
  }
  return schemas;
}

Result<std::string> misread_by(const SchemaSet& before, const SchemaSet& after) {
  std::string text;
  for (const auto& [domain, schema] : before) {
    const auto now = after.find(domain);
    if (now == after.end()) {
      text += domain + ": the domain is gone; history holds its outcomes: put it back\n";
      continue;
    }
    if (schema == now->second) continue;
    TRY(const auto changes, misreading_changes(as_bytes(schema), as_bytes(now->second)));
    text += text_of_changes(domain, changes);
  }
  return text;
}

SchemaSet compiled_schemas(const Catalog& catalog) {
  SchemaSet schemas;
  for (const DomainPlan& plan : catalog.domains())
    schemas.emplace(plan.name, std::string(as_text(plan.domain->schema)));
  return schemas;
}

Result<void> check_reads_schemas(const std::string& data, const Catalog& catalog) {
  TRY(SchemaSet before, recorded_schemas(data));
  const SchemaSet now = compiled_schemas(catalog);
  std::erase_if(before, [&](const auto& one) { return !now.contains(one.first); });
  TRY(const std::string changes, misread_by(before, now));
  if (changes.empty()) return {};
  return stop("schema_incompatible", "the schemas of this binary would misread what " + data +
                                         " holds:\n" + changes +
                                         "Use the binary that wrote it, or correct the schemas");
}

Result<std::string> gate_schemas(const std::string& data, const Catalog& catalog) {
  TRY(const SchemaSet before, recorded_schemas(data));
  const SchemaSet now = compiled_schemas(catalog);
  TRY(const std::string changes, misread_by(before, now));
  if (!changes.empty())
    return stop("schema_incompatible",
                "the schemas of this binary would misread what " + data + " holds:\n" + changes +
                    "Nothing was changed. Run the binary that wrote it, or correct the schemas; "
                    "`spate schema check --data " + data + "` checks them without a start");
  std::string note;
  for (const auto& [domain, schema] : now) {
    const auto known = before.find(domain);
    if (known != before.end() && known->second == schema) continue;
    TRY(state::make_directory(schemas_folder_of(data)));
    const Result<void> written =
        write_schema_record(schemas_folder_of(data) + "/" + domain + ".bfbs", schema);
    if (written) continue;
    if (known != before.end()) return pass_on(Fault(written.error()));
    note = "the schema of " + domain + " could not be recorded, the next start tries again: " +
           written.error().detail;
  }
  return note;
}

}  // namespace spate
