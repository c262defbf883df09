// What a broken ENSURE does: throw inside domain code, else print and abort.
#include "engine/base/ensure.hpp"

#include <cstdio>
#include <cstdlib>

namespace spate {
namespace {
thread_local int domain_depth = 0;
}

DomainScope::DomainScope() { ++domain_depth; }
DomainScope::~DomainScope() { --domain_depth; }

void ensure_failed(const char* condition, const char* file, int line) {
  if (domain_depth > 0) throw DomainFault{condition, file, line};
  std::fprintf(stderr, "%s:%d: this must hold and does not: %s\n", file, line, condition);
  std::abort();
}

}  // namespace spate
