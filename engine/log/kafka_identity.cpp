// Read, and made once by who makes the topics.
#include "engine/log/kafka_identity.hpp"

#include <algorithm>
#include <charconv>
#include <random>

#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

constexpr std::string_view log_format = "spate-log 1 ", domains_format = "spate-domains 1";
constexpr const char* log_key = "log";
constexpr const char* domains_key = "domains";
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

Result<std::optional<KafkaIdentity>> read_kafka_identity(KafkaRdAdmin& admin) {
  TRY(const auto log_text, admin.last_of_key(kafka_ownership_topic, log_key));
  TRY(const auto domains_text, admin.last_of_key(kafka_ownership_topic, domains_key));
  if (!log_text || !domains_text) return std::optional<KafkaIdentity>();
  const auto log = identity_from_text(*log_text);
  if (!log) return not_ours(log_key, *log_text);
  auto domains = domains_from_text(*domains_text);
  if (!domains) return not_ours(domains_key, *domains_text);
  return KafkaIdentity{*log, std::move(*domains)};
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
  if (!log_text) {
    std::random_device random;
    const auto word = [&] { return uint64_t{random()} << 32 | random(); };
    TRY(admin.append(kafka_ownership_topic, log_key,
                     to_text(LogIdentity{{word(), word()}, 1})));
  }
  TRY(const auto holds, read_kafka_identity(admin));  // somebody may have been as quick
  if (!holds) return retry("kafka_unreachable", "the identity was written and is not yet there");
  return *holds;
}

}  // namespace spate
