// Decimals with up to 17 digits, compared exactly where their digits overlap.
#include "engine/api/decimal.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace spate {
namespace {

/// value = digits × 10^exponent
struct Decimal {
  __int128 digits = 0;
  int exponent = 0;
};

/// Reads the shortest scientific form, `-d.ddde±xx`.
Decimal decimal_of(double value) {
  char text[40];
  const auto written =
      std::to_chars(text, text + sizeof text, value, std::chars_format::scientific);
  Decimal decimal;
  bool is_negative = false, is_fraction = false;
  const char* at = text;
  for (; at != written.ptr && *at != 'e'; ++at) {
    if (*at == '-')
      is_negative = true;
    else if (*at == '.')
      is_fraction = true;
    else {
      decimal.digits = decimal.digits * 10 + (*at - '0');
      if (is_fraction) --decimal.exponent;
    }
  }
  if (at != written.ptr) ++at;                // e
  if (at != written.ptr && *at == '+') ++at;  // from_chars takes no plus
  int exponent = 0;
  std::from_chars(at, written.ptr, exponent);
  decimal.exponent = decimal.digits == 0 ? 0 : decimal.exponent + exponent;
  if (is_negative) decimal.digits = -decimal.digits;
  return decimal;
}

bool scale_to(Decimal& decimal, int exponent) {
  constexpr __int128 room = __int128{1} << 120;  // a difference of two still fits
  for (; decimal.exponent > exponent && decimal.digits != 0; --decimal.exponent) {
    if (decimal.digits > room / 10 || decimal.digits < -(room / 10)) return false;
    decimal.digits *= 10;
  }
  return true;
}

}  // namespace

bool is_within(double x, double y, double tolerance) {
  Decimal a = decimal_of(x), b = decimal_of(y), t = decimal_of(tolerance);
  const int exponent = std::min({a.exponent, b.exponent, t.exponent});
  if (!scale_to(a, exponent) || !scale_to(b, exponent) || !scale_to(t, exponent))
    return std::fabs(x - y) <= tolerance;  // magnitudes so far apart that no digit of one matters
  const __int128 difference = a.digits - b.digits;
  return (difference < 0 ? -difference : difference) <= t.digits;
}

}  // namespace spate
