// RFC 3339 times: `2026-11-29T18:00:00.5+01:00` in, `2026-11-29T17:00:00.5Z` out.
#include "engine/codec/rfc3339.hpp"

#include <chrono>

namespace spate {
namespace {

using std::chrono::sys_days;

constexpr sys_days end{std::chrono::year(2262) / 1 / 1};
constexpr int64_t second_ns = 1'000'000'000;
constexpr int64_t day_s = 86'400;

/// Takes exactly `digits` digits.
bool take_number(std::string_view& text, std::size_t digits, int& value) {
  if (text.size() < digits) return false;
  value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_date(std::string_view& text, sys_days& day) {
  int year, month, date;
  if (!take_number(text, 4, year) || !take(text, '-') || !take_number(text, 2, month) ||
      !take(text, '-') || !take_number(text, 2, date))
    return false;
  const std::chrono::year_month_day ymd{std::chrono::year(year), std::chrono::month(month),
                                        std::chrono::day(date)};
  day = sys_days(ymd);
  return ymd.ok();
}

bool take_fraction(std::string_view& text, int64_t& ns) {
  if (!take(text, '.')) return true;
  int64_t unit = second_ns / 10;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    ns += (text[digits] - '0') * unit;
    unit /= 10;
    ++digits;
  }
  text.remove_prefix(digits);
  return digits >= 1 && digits <= 9;
}

/// `Z`, `+hh:mm` or `-hh:mm`, as seconds east of UTC.
bool take_offset(std::string_view& text, int64_t& seconds) {
  if (take(text, 'Z') || take(text, 'z')) return true;
  const bool west = !text.empty() && text.front() == '-';
  if (!take(text, west ? '-' : '+')) return false;
  int hours, minutes;
  if (!take_number(text, 2, hours) || !take(text, ':') || !take_number(text, 2, minutes))
    return false;
  seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
  return hours < 24 && minutes < 60;
}

/// Leap seconds end the last day of a month of UTC; here they count as the second that follows.
bool may_be_leap(int64_t utc_seconds) {
  if (utc_seconds % day_s != 0) return false;
  const sys_days next{std::chrono::days(utc_seconds / day_s)};
  return std::chrono::year_month_day(next).day() == std::chrono::day(1);
}

void put(char*& at, unsigned value, int digits) {
  for (int i = digits - 1; i >= 0; --i, value /= 10) at[i] = static_cast<char>('0' + value % 10);
  at += digits;
}

}  // namespace

bool from_rfc3339(std::string_view text, Instant& at) {
  sys_days day;
  int hour, minute, second;
  int64_t fraction = 0, east = 0;
  if (!take_date(text, day) || !(take(text, 'T') || take(text, 't')) ||
      !take_number(text, 2, hour) || !take(text, ':') || !take_number(text, 2, minute) ||
      !take(text, ':') || !take_number(text, 2, second) || !take_fraction(text, fraction) ||
      !take_offset(text, east) || !text.empty())
    return false;
  if (hour > 23 || minute > 59 || second > 60) return false;
  const int64_t utc =
      day.time_since_epoch().count() * day_s + hour * 3600 + minute * 60 + second - east;
  if (second == 60 && !may_be_leap(utc)) return false;
  if (utc < 0 || utc >= end.time_since_epoch().count() * day_s) return false;
  at.ns = utc * second_ns + fraction;
  return true;
}

bool is_time(Instant at) {
  return at.ns >= 0 && at.ns / second_ns < end.time_since_epoch().count() * day_s;
}

std::string_view to_rfc3339(Instant at, Rfc3339Buffer& buffer) {
  int64_t seconds = at.ns / second_ns;
  int64_t fraction = at.ns % second_ns;
  if (fraction < 0) fraction += second_ns, --seconds;
  const sys_days day = std::chrono::floor<std::chrono::days>(
      std::chrono::sys_seconds(std::chrono::seconds(seconds)));
  const auto of_day = static_cast<unsigned>(seconds - day.time_since_epoch().count() * day_s);
  const std::chrono::year_month_day ymd(day);
  char* out = buffer.data();
  const auto put_then = [&](unsigned value, int digits, char then) {
    put(out, value, digits);
    *out++ = then;
  };
  put_then(static_cast<unsigned>(static_cast<int>(ymd.year())), 4, '-');
  put_then(static_cast<unsigned>(ymd.month()), 2, '-');
  put_then(static_cast<unsigned>(ymd.day()), 2, 'T');
  put_then(of_day / 3600, 2, ':');
  put_then(of_day / 60 % 60, 2, ':');
  put(out, of_day % 60, 2);
  if (fraction != 0) {
    *out++ = '.';
    put(out, static_cast<unsigned>(fraction), 9);
    while (out[-1] == '0') --out;
  }
  *out++ = 'Z';
  return {buffer.data(), static_cast<std::size_t>(out - buffer.data())};
}

std::string to_rfc3339(Instant at) {
  Rfc3339Buffer buffer;
  return std::string(to_rfc3339(at, buffer));
}

}  // namespace spate
