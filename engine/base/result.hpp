// Result<T>: a value, or the Fault with which the world failed us.
#pragma once
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace spate {

/// What the loop that owns the retry should do about a fault.
enum class FaultAction : unsigned char { retry, skip, stop };

/// `code` is a stable snake_case name, `detail` says what happened and what to do next.
struct Fault {
  std::string code;
  FaultAction action = FaultAction::stop;
  std::string detail;
};

template <class T>
class [[nodiscard]] Result : public tl::expected<T, Fault> {
 public:
  using tl::expected<T, Fault>::expected;
};

[[nodiscard]] inline tl::unexpected<Fault> stop(std::string code, std::string detail) {
  return tl::unexpected<Fault>(Fault{std::move(code), FaultAction::stop, std::move(detail)});
}
[[nodiscard]] inline tl::unexpected<Fault> retry(std::string code, std::string detail) {
  return tl::unexpected<Fault>(Fault{std::move(code), FaultAction::retry, std::move(detail)});
}
[[nodiscard]] inline tl::unexpected<Fault> pass_on(Fault&& fault) {
  return tl::unexpected<Fault>(std::move(fault));
}

}  // namespace spate

#define SPATE_TRY_JOIN_(a, b) a##b
#define SPATE_TRY_NAME_(a, b) SPATE_TRY_JOIN_(a, b)
#define SPATE_TRY_VOID_(expression) \
  if (auto outcome_ = (expression); !outcome_) return ::spate::pass_on(std::move(outcome_.error()))
#define SPATE_TRY_INTO_(name, declaration, expression)                      \
  auto name = (expression);                                                 \
  if (!name) return ::spate::pass_on(std::move(name.error()));              \
  declaration = std::move(*name)
#define SPATE_TRY_VALUE_(declaration, expression) \
  SPATE_TRY_INTO_(SPATE_TRY_NAME_(try_, __COUNTER__), declaration, expression)
#define SPATE_TRY_PICK_(a, b, macro, ...) macro
/// TRY(expression): returns its fault. TRY(auto x, expression): the same, else x is its value.
#define TRY(...) SPATE_TRY_PICK_(__VA_ARGS__, SPATE_TRY_VALUE_, SPATE_TRY_VOID_)(__VA_ARGS__)
