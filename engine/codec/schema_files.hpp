// Schema files: the schemas of domains as files, .fbs or binary, for who compares them.
#pragma once
#include <map>
#include <string>

#include "engine/base/result.hpp"

namespace spate {

/// Binary schemas by the domain's name.
using SchemaSet = std::map<std::string, std::string>;

/// The schemas of a directory of .fbs or .bfbs files, or of one such file; a file's name is its
/// domain's. Files without a union Command (attributes.fbs, envelope.fbs) are passed over. The
/// files are the operator's own: .fbs go through FlatBuffers' parser, as in a build. Faults:
/// `schema_files`, naming the file.
Result<SchemaSet> read_schema_files(const std::string& path);

}  // namespace spate
