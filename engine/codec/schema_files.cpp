// Text is parsed with the flags of the build; a binary file is taken as it is.
#include "engine/codec/schema_files.hpp"

#include <flatbuffers/idl.h>
#include <flatbuffers/reflection_generated.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/bytes.hpp"

namespace spate {
namespace {

namespace fs = std::filesystem;

tl::unexpected<Fault> bad(const fs::path& file, const std::string& why) {
  return stop("schema_files", file.string() + ": " + why);
}

Result<std::string> content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in || !text) return bad(file, "it cannot be read");
  return text.str();
}

Result<std::string> binary_of(const fs::path& file) {
  TRY(std::string text, content_of(file));
  if (file.extension() == ".bfbs") return text;
  flatbuffers::IDLOptions options;
  options.binary_schema_comments = true;
  options.binary_schema_builtins = true;
  options.lang_to_generate = flatbuffers::IDLOptions::kCpp;  // structs in unions, as flatc --cpp
  flatbuffers::Parser parser(options);
  const std::string folder = file.parent_path().empty() ? "." : file.parent_path().string();
  const char* include_paths[] = {folder.c_str(), nullptr};
  if (!parser.Parse(text.c_str(), include_paths, file.string().c_str()))
    return bad(file, parser.error_);
  parser.Serialize();
  return std::string(reinterpret_cast<const char*>(parser.builder_.GetBufferPointer()),
                     parser.builder_.GetSize());
}

/// False for what is included by domains, or is the engine's own.
Result<bool> is_of_a_domain(const fs::path& file, const std::string& binary) {
  const Bytes bytes = as_bytes(binary);
  flatbuffers::Verifier verifier(bytes.data(), bytes.size());
  if (!reflection::VerifySchemaBuffer(verifier)) return bad(file, "it is no binary schema");
  for (const reflection::Enum* e : *reflection::GetSchema(bytes.data())->enums()) {
    const std::string name = e->name()->str();
    if (e->is_union() && name.substr(name.rfind('.') + 1) == "Command") return true;
  }
  return false;
}

}  // namespace

Result<SchemaSet> read_schema_files(const std::string& path) {
  std::vector<fs::path> files;
  std::error_code error;
  if (fs::is_directory(path, error)) {
    for (const auto& entry : fs::directory_iterator(path, error))
      if (entry.path().extension() == ".fbs" || entry.path().extension() == ".bfbs")
        files.push_back(entry.path());
  } else {
    files.emplace_back(path);
  }
  SchemaSet schemas;
  for (const fs::path& file : files) {
    TRY(std::string binary, binary_of(file));
    TRY(const bool is_domain, is_of_a_domain(file, binary));
    if (!is_domain) continue;
    if (!schemas.emplace(file.stem().string(), std::move(binary)).second)
      return bad(file, "there is another schema of this domain beside it");
  }
  if (schemas.empty())
    return bad(path, "there is no schema of a domain here (.fbs or .bfbs with a union Command)");
  return schemas;
}

}  // namespace spate
