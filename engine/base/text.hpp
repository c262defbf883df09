// Text: UTF-8, the ids that people choose, Unicode case folding, and the nearest name to a typo.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace spate {

inline constexpr std::size_t ident_bytes_max = 128;

/// Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);

/// An id that people choose: 1-128 bytes of UTF-8 without white space, control characters or `/`.
bool is_ident(std::string_view text);

/// As Idempotency-Key: 1-255 visible ASCII characters without quote, comma, semicolon, backslash.
bool is_command_key(std::string_view text);

/// Without white space (Unicode's White_Space) at both ends.
std::string_view trim(std::string_view text);

/// NFKC_Casefold of Unicode: equal for texts that people take for the same. What is not UTF-8 is
/// returned as it is.
std::string fold_case(std::string_view text);

/// Keeps of all names offered the one nearest to what was asked for (edit distance).
class NearestName {
 public:
  explicit NearestName(std::string_view wanted);
  void offer(std::string_view name);
  /// Empty when nothing is near enough to be a typo of it.
  std::string_view found() const { return found_; }
  /// `; did you mean 'stock'?` or nothing.
  std::string hint() const;

 private:
  std::string_view wanted_;
  std::string_view found_;
  std::size_t distance_;
};

}  // namespace spate
