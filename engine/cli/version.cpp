// spate version: which build this is.
#include <ostream>

#include "engine/api/domain.hpp"
#include "engine/base/crc32c.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"

namespace spate::cli {
namespace {

class Version final : public Command {
 public:
  std::string_view name() const override { return "version"; }
  std::string_view summary() const override { return "Show the version and what is built in"; }
  std::string_view lesson() const override { return "Example:\n  spate version -o yaml"; }
  std::vector<Option> options() override { return {output_option(output_)}; }

  int run(Console& console) override {
    JsonValue names = list_value();
    for (const Domain& domain : domains()) names.items.push_back(text_value(domain.name));
    const JsonValue shown =
        object_value({{"version", text_value(SPATE_VERSION)},
                      {"compiler", text_value("g++ " __VERSION__)},
                      {"crc32c", text_value(crc32c_is_hardware() ? "hardware" : "software")},
                      {"domains", std::move(names)}});
    print(shown, output_, console.out);
    return exit_done;
  }

 private:
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> version_command() { return std::make_unique<Version>(); }

}  // namespace spate::cli
