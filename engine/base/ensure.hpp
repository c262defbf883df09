// ENSURE: a condition that only our own mistake can break; always on.
#pragma once

namespace spate {

/// Thrown by ENSURE inside a DomainScope, caught by `decide_once` alone: the command is parked.
struct DomainFault {
  const char* condition;
  const char* file;
  int line;
};

/// While one lives on this thread, a broken ENSURE throws DomainFault; otherwise it aborts.
class DomainScope {
 public:
  DomainScope();
  ~DomainScope();
  DomainScope(const DomainScope&) = delete;
  DomainScope& operator=(const DomainScope&) = delete;
};

[[noreturn]] void ensure_failed(const char* condition, const char* file, int line);

}  // namespace spate

#define ENSURE(condition)                                                        \
  do {                                                                           \
    if (!(condition)) [[unlikely]]                                               \
      ::spate::ensure_failed(#condition, __FILE__, __LINE__);                    \
  } while (false)
