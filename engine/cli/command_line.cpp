// The command line as CLI11 sees it: the one file that includes its header.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <map>
#include <ostream>
#include <thread>

#include "engine/base/text.hpp"
#include "engine/cli/command.hpp"

namespace spate::cli {
namespace {

constexpr std::string_view about_groups[][2] = {
    {"log", "Look into the log of a stopped server, and repair parked streams"},
    {"dlq", "Commands that were refused: list, show"},
    {"log parked", "Streams that a failure of our own code stopped: list, redrive, discard"},
    {"replay", "Fold the log afresh: rebuild views on a running server, verify a stopped one"},
    {"snapshot", "Snapshots of a log, running or stopped: create, list, verify, restore"},
    {"topics", "The topics of a Kafka cluster: plan, apply, check"},
    {"schema", "Whether history is still read as it was written: check, verify"},
    {"config", "What the server would run with"},
};

/// Of what a flag says, as CLI11 asks: empty when it may be so.
std::string fault_of(const std::string& number, const Option& option) {
  uint64_t value = 0;
  const char* end = number.data() + number.size();
  const auto read = std::from_chars(number.data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return {};  // CLI11 says what a number is
  if (value >= option.min && value <= option.max) return {};
  const std::string least = std::to_string(option.min);
  if (option.max == std::numeric_limits<uint64_t>::max()) return "must be at least " + least;
  return "must be " + least + " to " + std::to_string(option.max);
}

void add_option(CLI::App& app, const Option& option) {
  CLI::Option* added = nullptr;
  std::visit(
      [&](auto* into) {
        using T = std::remove_pointer_t<decltype(into)>;
        if constexpr (std::is_same_v<T, bool>)
          added = app.add_flag(option.names, *into, option.about);
        else added = app.add_option(option.names, *into, option.about);
      },
      option.into);
  if (const auto* text = std::get_if<std::string*>(&option.into); text && !(*text)->empty())
    added->default_str(**text);
  if (const auto* number = std::get_if<uint64_t*>(&option.into); number && **number != 0)
    added->default_str(std::to_string(**number));
  if (option.required) added->required();
  if (!option.choices.empty()) added->check(CLI::IsMember(option.choices));
  if (std::holds_alternative<uint64_t*>(option.into))
    added->check([option](const std::string& given) { return fault_of(given, option); });
}

/// The subcommand of that name; null when there is none.
template <class App>
App* child_of(App* app, const std::string& word) {
  for (App* child : app->get_subcommands({}))
    if (child->get_name() == word) return child;
  return nullptr;
}

std::string_view about_group(std::string_view words) {
  for (const auto& [group, about] : about_groups)
    if (group == words) return about;
  return "";
}

/// The app of `words`, its groups made on the way.
CLI::App* app_of(CLI::App& root, std::string_view words, std::string_view summary) {
  CLI::App* app = &root;
  for (std::size_t at = 0; at <= words.size();) {
    const std::size_t end = std::min(words.find(' ', at), words.size());
    const std::string word(words.substr(at, end - at));
    CLI::App* next = child_of(app, word);
    if (next == nullptr) {
      const bool last = end == words.size();
      next = app->add_subcommand(word,
                                 std::string(last ? summary : about_group(words.substr(0, end))));
      if (!last) {
        next->require_subcommand(1);
        next->footer("Each teaches its use: spate " + std::string(words.substr(0, end)) +
                     " SUBCOMMAND --help");
      }
    }
    app = next;
    at = end + 1;
  }
  return app;
}

/// The deepest subcommand that was named before the parser gave up.
const CLI::App* reached(const CLI::App* app, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const CLI::App* next = child_of(app, argument);
    if (next == nullptr) break;
    app = next;
  }
  return app;
}

std::string path_of(const CLI::App* app) {
  std::string path = app->get_name();
  for (const CLI::App* up = app->get_parent(); up != nullptr; up = up->get_parent())
    path = up->get_name() + " " + path;
  return path;
}

std::vector<std::string> known_words(const CLI::App* app, bool flags) {
  std::vector<std::string> words;
  if (flags) {
    for (const CLI::Option* option : app->get_options())
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
  } else {
    for (const CLI::App* sub : app->get_subcommands({})) words.push_back(sub->get_name());
  }
  return words;
}

/// `; did you mean 'send'?` for the first word or flag that `app` does not know.
std::string suggestion(const CLI::App* app, const std::vector<std::string>& arguments) {
  for (const std::string& argument : arguments) {
    const std::string word = argument.substr(0, argument.find('='));
    const std::vector<std::string> known = known_words(app, word.starts_with("--"));
    if (std::find(known.begin(), known.end(), word) != known.end()) continue;
    NearestName nearest(word);
    for (const std::string& name : known) nearest.offer(name);
    if (!nearest.found().empty()) return nearest.hint();
  }
  return "";
}

/// The word where a subcommand of `app` should stand.
std::string unknown_subcommand(const CLI::App* app, const std::vector<std::string>& arguments) {
  if (app->get_subcommands({}).empty()) return "";
  std::size_t depth = 0;
  for (const CLI::App* up = app->get_parent(); up != nullptr; up = up->get_parent()) ++depth;
  if (depth >= arguments.size() || arguments[depth].starts_with('-')) return "";
  return arguments[depth];
}

int tell_usage(const CLI::App& root, const CLI::ParseError& error,
               const std::vector<std::string>& arguments, Console& console) {
  const CLI::App* app = reached(&root, arguments);
  const std::string unknown = unknown_subcommand(app, arguments);
  console.err << path_of(app) << ": "
              << (unknown.empty() ? error.what() : "there is no subcommand '" + unknown + "'")
              << suggestion(app, arguments) << "\n"
              << "Try: " << path_of(app) << " --help\n";
  return exit_usage;
}

}  // namespace

int run(const std::vector<std::string>& arguments, Console& console) {
  CLI::App root(
      "Spate: you send a command, it is written to a durable log and decided in order; the answer is\n"
      "yes with the events or no with the reason. Sent again with the same key: the same answer.",
      "spate");
  root.require_subcommand(1);
  root.set_version_flag("--version", "spate " SPATE_VERSION, "Print the version and exit");
  root.footer("Start here:\n  spate serve --data ./data --insecure-dev\n"
              "  spate send redemptions sale-1 open '{\"stock\":100}'\n"
              "  spate get redemptions sale-1\n"
              "Exit codes: 0 done, 1 the answer is no, 2 usage or environment, 3 server not reachable, "
              "4 timed out, 5 serve had to stop.");
  const std::vector<std::unique_ptr<Command>> commands = all_commands();
  std::map<const CLI::App*, Command*> by_app;
  for (const auto& command : commands) {
    CLI::App* app = app_of(root, command->name(), command->summary());
    app->footer(std::string(command->lesson()));
    for (const Option& option : command->options()) add_option(*app, option);
    by_app[app] = command.get();
  }
  try {
    root.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    const CLI::App* app = reached(&root, arguments);
    const CLI::App* parent = app->get_parent();
    console.out << app->help(parent == nullptr ? "" : path_of(parent));
    return exit_done;
  } catch (const CLI::CallForVersion& version) {
    console.out << version.what() << "\n";
    return exit_done;
  } catch (const CLI::ParseError& error) {
    return tell_usage(root, error, arguments, console);
  }
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return by_app.at(app)->run(console);
}

int tell(const Fault& fault, Console& console) {
  console.err << fault.code << ": " << fault.detail << "\n";
  if (fault.code == "server_unreachable") {
    console.err << "Start one with `spate serve --data DIR --insecure-dev`, or name it with --server.\n";
    return exit_unreachable;
  }
  return fault.code == "timed_out" ? exit_timed_out : exit_usage;
}

int tell_of_verified(const Fault& fault, Console& console) {
  const int code = tell(fault, console);
  return fault.code == "log_rot" || fault.code == "segment_missing" ? exit_no : code;
}

Result<unsigned> threads_of(uint64_t wanted) {
  constexpr unsigned threads_max = 256;
  if (wanted > threads_max)
    return stop("usage", "--threads is 1 to " + std::to_string(threads_max));
  return wanted == 0 ? std::max(1u, std::thread::hardware_concurrency())
                     : static_cast<unsigned>(wanted);
}

}  // namespace spate::cli
