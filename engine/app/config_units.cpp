// A number and a unit behind it: one parser for sizes and durations.
#include "engine/app/config_units.hpp"

#include <charconv>
#include <limits>
#include <span>

namespace spate {
namespace {

constexpr uint64_t largest = std::numeric_limits<int64_t>::max();

struct NamedUnit {
  std::string_view name;
  uint64_t factor;
};
constexpr NamedUnit byte_units[] = {{"GiB", 1ull << 30}, {"MiB", 1ull << 20}, {"KiB", 1ull << 10},
                                    {"TiB", 1ull << 40}, {"GB", 1'000'000'000}, {"MB", 1'000'000},
                                    {"kB", 1'000}, {"B", 1}};
constexpr NamedUnit time_units[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};

std::optional<uint64_t> parse_unit(std::string_view text, std::span<const NamedUnit> units) {
  uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest == text.data()) return std::nullopt;
  const std::string_view name(rest, static_cast<std::size_t>(end - rest));
  uint64_t factor = name.empty() ? 1 : 0;
  for (const NamedUnit& unit : units)
    if (name == unit.name) factor = unit.factor;
  if (factor == 0 || number > largest / factor) return std::nullopt;
  return number * factor;
}

}  // namespace

std::optional<uint64_t> parse_bytes(std::string_view text) { return parse_unit(text, byte_units); }

std::optional<uint64_t> parse_whole(std::string_view text) { return parse_unit(text, {}); }

std::optional<int64_t> parse_ms(std::string_view text) {
  const std::optional<uint64_t> ms = parse_unit(text, time_units);
  if (!ms) return std::nullopt;
  return static_cast<int64_t>(*ms);
}

std::string format_bytes(uint64_t bytes) {
  for (const NamedUnit& unit : {byte_units[3], byte_units[0], byte_units[1], byte_units[2]})
    if (bytes >= unit.factor && bytes % unit.factor == 0)
      return std::to_string(bytes / unit.factor) + std::string(unit.name);
  return std::to_string(bytes);
}

std::string format_ms(int64_t ms) {
  if (ms != 0 && ms % 60'000 == 0) return std::to_string(ms / 60'000) + "m";
  if (ms != 0 && ms % 1'000 == 0) return std::to_string(ms / 1'000) + "s";
  return std::to_string(ms) + "ms";
}

}  // namespace spate
