// Refuses, while it is built, a schema that no server would start with: check DOMAIN FILE.bfbs
#include <fstream>
#include <iostream>
#include <sstream>

#include "engine/codec/catalog.hpp"

int main(int count, char** arguments) {
  if (count != 3) {
    std::cerr << "usage: schema_check DOMAIN FILE.bfbs\n";
    return 2;
  }
  std::ostringstream schema;
  schema << std::ifstream(arguments[2], std::ios::binary).rdbuf();
  const std::string bytes = schema.str();
  const spate::Domain domain{arguments[1], nullptr, nullptr, spate::as_bytes(bytes)};
  const auto loaded = spate::Catalog::load({&domain, 1});
  if (loaded) return 0;
  std::cerr << loaded.error().detail << "\n";
  return 1;
}
