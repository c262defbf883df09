// spate serve: the server.
#include <ostream>

#include "engine/app/serve.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/server_flags.hpp"

namespace spate::cli {
namespace {

class Serve final : public Command {
 public:
  std::string_view name() const override { return "serve"; }
  std::string_view summary() const override { return "Run the server on a data directory"; }
  std::string_view lesson() const override {
    return "Ready when GET /readyz answers 200. SIGTERM ends it in order (exit 0); after a crash the next\n"
           "start recovers from the log by itself. One server a directory.\n"
           "Every setting: spate config show. What could be wrong with this machine: spate check.\n"
           "Examples:\n"
           "  spate serve --data ./data --insecure-dev\n"
           "  spate serve --data /var/lib/spate --listen 127.0.0.1:9000 --memory 8GiB --partitions 16";
  }
  std::vector<Option> options() override { return flags_.options(); }

  int run(Console& console) override {
    const Result<LoadedConfig> loaded = flags_.load(console);
    if (!loaded) return tell(loaded.error(), console);
    if (loaded->config.data.empty())
      return tell({"config_invalid", FaultAction::stop,
                   "no data directory: give --data DIR, for example --data ./data"},
                  console);
    if (loaded->config.insecure_dev)
      console.err << "warning: --insecure-dev: nobody is authenticated; whoever reaches the port may "
                     "do anything\n";
    console.err.flush();
    return serve(loaded->config);
  }

 private:
  ServerFlags flags_;
};

}  // namespace

std::unique_ptr<Command> serve_command() { return std::make_unique<Serve>(); }

}  // namespace spate::cli
