// The identity as text, so that kcat shows it.
#include "engine/log/kafka_identity.hpp"

#include <charconv>
#include <random>

#include "engine/log/kafka_rd_admin.hpp"
#include "engine/log/kafka_topics.hpp"

namespace spate {
namespace {

constexpr std::string_view format = "spate-log 1 ";
constexpr std::size_t id_digits = 32;

}  // namespace

std::string to_text(const LogIdentity& identity) {
  return std::string(format) + to_hex(CommandId{identity.id.hi, identity.id.lo}) + " " +
         std::to_string(identity.incarnation);
}

std::optional<LogIdentity> identity_from_text(std::string_view text) {
  if (!text.starts_with(format)) return std::nullopt;
  text.remove_prefix(format.size());
  CommandId id;
  if (text.size() < id_digits + 2 || text[id_digits] != ' ' ||
      !from_hex(text.substr(0, id_digits), id))
    return std::nullopt;
  LogIdentity identity{{id.hi, id.lo}, 0};
  const char* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data() + id_digits + 1, end, identity.incarnation);
  if (error != std::errc() || at != end || identity.incarnation == 0) return std::nullopt;
  return identity;
}

Result<std::optional<LogIdentity>> read_kafka_identity(KafkaRdAdmin& admin) {
  TRY(const auto text, admin.last_of_key(kafka_ownership_topic, kafka_identity_key));
  if (!text) return std::optional<LogIdentity>();
  const std::optional<LogIdentity> identity = identity_from_text(*text);
  if (!identity)
    return stop("log_rot", std::string(kafka_ownership_topic) + " says '" + *text +
                               "' under the key '" + kafka_identity_key +
                               "': that is no log of this version");
  return identity;
}

Result<LogIdentity> make_kafka_identity(KafkaRdAdmin& admin) {
  TRY(const auto present, read_kafka_identity(admin));
  if (present) return *present;
  std::random_device random;
  const auto word = [&] { return uint64_t{random()} << 32 | random(); };
  const LogIdentity fresh{{word(), word()}, 1};
  TRY(admin.append(kafka_ownership_topic, kafka_identity_key, to_text(fresh)));
  TRY(const auto holds, read_kafka_identity(admin));  // somebody may have been as quick
  return holds ? *holds : fresh;
}

}  // namespace spate
