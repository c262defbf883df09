// Read, and made once by who makes the topics.
#include "engine/log/kafka_identity.hpp"

#include <algorithm>
#include <charconv>

#include "engine/base/chance.hpp"
#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

constexpr std::string_view log_format = "spate-log 1 ", domains_format = "spate-domains 1";
constexpr const char* log_key = "log";
constexpr const char* domains_key = "domains";
constexpr const char* move_key = "move";
constexpr std::string_view move_format = "spate-move 1 ";
constexpr std::string_view move_words[] = {"here", "arriving", "leaving", "left"};
constexpr std::size_t id_digits = 32;

template <class Number>
bool parse(std::string_view text, Number& number) {
  const auto [at, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && at == text.data() + text.size() && number != 0;
}

tl::unexpected<Fault> not_ours(const std::string& key, const std::string& text) {
  return stop("log_rot", std::string(kafka_ownership_topic) + " says '" + text +
                             "' under the key '" + key + "': that is no log of this version");
}

/// Numbers for those that have none, behind the highest.
void add_numbers(DomainNumbers& numbers, const std::vector<std::string>& domains) {
  uint16_t last = 0;
  for (const auto& [domain, number] : numbers) last = std::max(last, number);
  for (const std::string& domain : domains)
    if (!numbers.contains(domain)) numbers[domain] = ++last;
}

}  // namespace

std::string to_text(const LogIdentity& identity) {
  return std::string(log_format) + to_hex(CommandId{identity.id.hi, identity.id.lo}) + " " +
         std::to_string(identity.incarnation);
}

std::optional<LogIdentity> identity_from_text(std::string_view text) {
  if (!text.starts_with(log_format)) return std::nullopt;
  text.remove_prefix(log_format.size());
  CommandId id;
  if (text.size() < id_digits + 2 || text[id_digits] != ' ' ||
      !from_hex(text.substr(0, id_digits), id))
    return std::nullopt;
  LogIdentity identity{{id.hi, id.lo}, 0};
  if (!parse(text.substr(id_digits + 1), identity.incarnation)) return std::nullopt;
  return identity;
}

std::string to_text(const DomainNumbers& numbers) {
  std::string text(domains_format);
  for (const auto& [domain, number] : numbers) text += " " + domain + "=" + std::to_string(number);
  return text;
}

std::optional<DomainNumbers> domains_from_text(std::string_view text) {
  if (!text.starts_with(domains_format)) return std::nullopt;
  text.remove_prefix(domains_format.size());
  DomainNumbers numbers;
  while (!text.empty()) {
    if (text.front() != ' ') return std::nullopt;
    text.remove_prefix(1);
    const std::string_view entry = text.substr(0, text.find(' '));
    text.remove_prefix(entry.size());
    const std::size_t equals = entry.find('=');
    uint16_t number = 0;
    if (equals == 0 || equals == std::string_view::npos || !parse(entry.substr(equals + 1), number))
      return std::nullopt;
    if (!numbers.emplace(entry.substr(0, equals), number).second) return std::nullopt;
  }
  return numbers;
}

std::string to_text(const KafkaMove& move) {
  std::string text(move_format);
  text += move_words[static_cast<std::size_t>(move.state)];
  if (move.state == KafkaMove::State::here) return text;
  return text + " " + to_text(move.log).substr(log_format.size());
}

std::optional<KafkaMove> move_from_text(std::string_view text) {
  if (!text.starts_with(move_format)) return std::nullopt;
  text.remove_prefix(move_format.size());
  const std::string_view word = text.substr(0, text.find(' '));
  const auto known = std::find(std::begin(move_words), std::end(move_words), word);
  if (known == std::end(move_words)) return std::nullopt;
  KafkaMove move;
  move.state = static_cast<KafkaMove::State>(known - std::begin(move_words));
  text.remove_prefix(word.size());
  if (move.state == KafkaMove::State::here)
    return text.empty() ? std::optional(move) : std::nullopt;
  if (text.empty()) return std::nullopt;
  const auto log = identity_from_text(std::string(log_format) + std::string(text.substr(1)));
  if (!log) return std::nullopt;
  move.log = *log;
  return move;
}

Result<void> check_log_is_here(const KafkaMove& move) {
  switch (move.state) {
    case KafkaMove::State::here:
      return {};
    case KafkaMove::State::arriving:
      return stop("log_moving", "a directory's log is being moved into this cluster: finish with "
                                "`spate log migrate`, which goes on where it ended, then serve");
    case KafkaMove::State::leaving:
      return stop("log_moving", "this cluster's log is being moved into a directory: finish with "
                                "`spate log migrate --back`, then serve that directory");
    case KafkaMove::State::left:
      return stop("log_moving", "this cluster's log was moved into a directory and goes on there: "
                                "serve it with `spate serve --data DIR`");
  }
  return {};
}

Result<KafkaMove> read_kafka_move(KafkaRdAdmin& admin) {
  TRY(const auto text, admin.last_of_key(kafka_ownership_topic, move_key));
  if (!text) return KafkaMove{};
  const auto move = move_from_text(*text);
  if (!move) return not_ours(move_key, *text);
  return *move;
}

Result<void> write_kafka_move(KafkaRdAdmin& admin, const KafkaMove& move) {
  return admin.append(kafka_ownership_topic, move_key, to_text(move));
}

Result<void> write_kafka_identity(KafkaRdAdmin& admin, const KafkaIdentity& identity) {
  TRY(admin.append(kafka_ownership_topic, domains_key, to_text(identity.domains)));
  return admin.append(kafka_ownership_topic, log_key, to_text(identity.log));
}

Result<std::optional<KafkaIdentity>> read_kafka_identity(KafkaRdAdmin& admin) {
  TRY(const auto log_text, admin.last_of_key(kafka_ownership_topic, log_key));
  TRY(const auto domains_text, admin.last_of_key(kafka_ownership_topic, domains_key));
  if (!log_text || !domains_text) return std::optional<KafkaIdentity>();
  const auto log = identity_from_text(*log_text);
  if (!log) return not_ours(log_key, *log_text);
  auto domains = domains_from_text(*domains_text);
  if (!domains) return not_ours(domains_key, *domains_text);
  TRY(const KafkaMove move, read_kafka_move(admin));
  return KafkaIdentity{*log, std::move(*domains), move};
}

Result<KafkaIdentity> make_kafka_identity(KafkaRdAdmin& admin,
                                          const std::vector<std::string>& domains) {
  TRY(const auto log_text, admin.last_of_key(kafka_ownership_topic, log_key));
  TRY(const auto domains_text, admin.last_of_key(kafka_ownership_topic, domains_key));
  DomainNumbers numbers;
  if (domains_text) {
    auto present = domains_from_text(*domains_text);
    if (!present) return not_ours(domains_key, *domains_text);
    numbers = std::move(*present);
  }
  add_numbers(numbers, domains);
  if (const std::string text = to_text(numbers); text != domains_text)
    TRY(admin.append(kafka_ownership_topic, domains_key, text));
  if (!log_text)
    TRY(admin.append(kafka_ownership_topic, log_key,
                     to_text(LogIdentity{{chance(), chance()}, 1})));
  TRY(const auto holds, read_kafka_identity(admin));  // somebody may have been as quick
  if (!holds) return retry("kafka_unreachable", "the identity was written and is not yet there");
  return *holds;
}

}  // namespace spate
