// Notes as text, so that kcat shows them.
#include "engine/feeds/feed_progress.hpp"

#include <charconv>

namespace spate {
namespace {

std::string head_of(const LogIdentity& log) {
  return "spate-feeds 1 " + to_hex(CommandId{log.id.hi, log.id.lo}) + " " +
         std::to_string(log.incarnation);
}

}  // namespace

std::string to_text(const LogIdentity& log, const FeedPositions& positions) {
  std::string text = head_of(log);
  for (const auto& [name, sequence] : positions)
    text += " " + name + "=" + std::to_string(sequence.value);
  return text;
}

FeedPositions feed_positions_from_text(const LogIdentity& log, std::string_view text) {
  const std::string head = head_of(log) + " ";
  if (!text.starts_with(head)) return {};
  text.remove_prefix(head.size());
  FeedPositions positions;
  while (!text.empty()) {
    const std::string_view entry = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const std::size_t equals = entry.rfind('=');
    if (equals == std::string_view::npos) return {};
    const std::string_view digits = entry.substr(equals + 1);
    Sequence sequence;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), sequence.value);
    if (error != std::errc() || end != digits.data() + digits.size()) return {};
    positions[std::string(entry.substr(0, equals))] = sequence;
  }
  return positions;
}

}  // namespace spate
