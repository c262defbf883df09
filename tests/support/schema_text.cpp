// Schemas compiled in the test itself: the text is ours, so FlatBuffers' own parser may read it.
#include "tests/support/schema_text.hpp"

#include <flatbuffers/idl.h>

#include <stdexcept>

namespace spate::test {

std::string compile_schema_text(std::string_view fbs) {
  flatbuffers::IDLOptions options;
  options.binary_schema_comments = true;
  options.binary_schema_builtins = true;
  options.lang_to_generate = flatbuffers::IDLOptions::kCpp;  // structs in unions, as flatc --cpp
  flatbuffers::Parser parser(options);
  const char* include_paths[] = {"schemas", nullptr};
  if (!parser.Parse(std::string(fbs).c_str(), include_paths, "toy.fbs"))
    throw std::runtime_error(parser.error_);
  parser.Serialize();
  return {reinterpret_cast<const char*>(parser.builder_.GetBufferPointer()),
          parser.builder_.GetSize()};
}

ToyDomain::ToyDomain(std::string_view name, std::string_view fbs)
    : binary(compile_schema_text(fbs)), domain{name, &handler, &projection, as_bytes(binary)} {}

}  // namespace spate::test
