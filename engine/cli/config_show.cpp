// spate config show: every setting, its value and where the value came from.
#include <ostream>

#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/server_flags.hpp"

namespace spate::cli {
namespace {

class ConfigShow final : public Command {
 public:
  std::string_view name() const override { return "config show"; }
  std::string_view summary() const override { return "Show every setting with its source"; }
  std::string_view lesson() const override {
    return "A flag wins over the environment, the environment over the file. A setting's variable is\n"
           "SPATE_ and its name: http.body_max is SPATE_HTTP_BODY_MAX (and ENVIRONMENT, LOG_LEVEL,\n"
           "ENABLE_METRICS); with _FILE behind it, it names a file that holds the value.\n"
           "Examples:\n"
           "  spate config show\n"
           "  SPATE_MEMORY=4GiB spate config show --config spate.yaml -o yaml";
  }
  std::vector<Option> options() override {
    std::vector<Option> all = flags_.options();
    all.push_back(output_option(output_));
    return all;
  }

  int run(Console& console) override {
    const Result<LoadedConfig> loaded = flags_.load(console);
    if (!loaded) return tell(loaded.error(), console);
    JsonValue list = list_value();
    for (const LoadedConfig::Shown& shown : loaded->shown)
      list.items.push_back(object_value({{"name", text_value(shown.name)},
                                         {"value", text_value(shown.value)},
                                         {"source", text_value(shown.source)},
                                         {"about", text_value(shown.about)}}));
    print(list, output_, console.out);
    return exit_done;
  }

 private:
  ServerFlags flags_;
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> config_show_command() { return std::make_unique<ConfigShow>(); }

}  // namespace spate::cli
