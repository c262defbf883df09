// Settings: the one list that file, environment, flags and `config show` share.
#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/app/config.hpp"

namespace spate {

struct Setting {
  std::string name;   ///< as in the file, parts joined by dots
  std::string about;
  std::function<std::string(const Config&)> read;
  /// Empty when taken, else what is wrong with the value.
  std::function<std::string(Config&, std::string_view)> write;
};

std::span<const Setting> settings();
/// One of the list, or a property of the Kafka client: `kafka.producer.linger.ms`.
std::optional<Setting> find_setting(std::string_view name);
/// Those of the Kafka client that were given.
std::vector<Setting> kafka_property_settings(const Config& config);
/// The property that a variable sets: SPATE_KAFKA_COMMON_SASL_PASSWORD is
/// kafka.common.sasl.password. Empty when it is none.
std::string kafka_property_of_variable(std::string_view variable);
/// `; did you mean http.body_bytes_max?`, or nothing.
std::string suggest_setting(std::string_view name);
/// The variable that sets it: `SPATE_HTTP_BODY_BYTES_MAX`, `LOG_LEVEL`.
std::string variable_of(std::string_view setting);

/// One value of a file, with the line it stands on.
struct FileValue {
  std::string name;
  std::string value;
  int line = 0;
};
/// The values of a YAML file, nested names joined by dots, `${VAR:default}` filled in.
Result<std::vector<FileValue>> read_config_file(
    const std::string& path, const std::map<std::string, std::string>& environment);

}  // namespace spate
