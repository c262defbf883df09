// spate version: which build this is.
#include <ostream>

#include "engine/api/domain.hpp"
#include "engine/base/crc32c.hpp"
#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"

namespace spate::cli {
namespace {

JsonValue text_value(std::string_view text) {
  JsonValue value;
  value.kind = JsonValue::Kind::text;
  value.text = text;
  return value;
}

class Version final : public Command {
 public:
  std::string_view name() const override { return "version"; }
  std::string_view summary() const override { return "Show the version and what is built in"; }
  std::string_view lesson() const override { return "Example:\n  spate version -o yaml"; }
  std::vector<Option> options() override { return {output_option(output_)}; }

  int run(Console& console) override {
    JsonValue shown, names;
    shown.kind = JsonValue::Kind::object;
    names.kind = JsonValue::Kind::list;
    for (const Domain& domain : domains()) names.items.push_back(text_value(domain.name));
    shown.members = {{"version", text_value(SPATE_VERSION)},
                     {"compiler", text_value("g++ " __VERSION__)},
                     {"crc32c", text_value(crc32c_is_hardware() ? "hardware" : "software")},
                     {"domains", std::move(names)}};
    print(shown, output_, console.out);
    return exit_done;
  }

 private:
  std::string output_ = "table";
};

}  // namespace

std::unique_ptr<Command> version_command() { return std::make_unique<Version>(); }

}  // namespace spate::cli
