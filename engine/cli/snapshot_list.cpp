// spate snapshot list|verify: what a directory of snapshots holds, and whether it can be trusted.
#include <chrono>
#include <ostream>

#include "engine/cli/client.hpp"
#include "engine/cli/commands.hpp"
#include "engine/cli/snapshot_text.hpp"
#include "engine/snapshots/snapshot_check.hpp"

namespace spate::cli {
namespace {

class SnapshotList final : public Command {
 public:
  std::string_view name() const override { return "snapshot list"; }
  std::string_view summary() const override { return "The snapshots of DIR, the oldest first"; }
  std::string_view lesson() const override {
    return "Each with when it was taken, the stamp of its newest outcome, what it holds, and whether it\n"
           "is whole: all of its files are there with their sizes (`spate snapshot verify` reads them).\n"
           "As JSON also with the position where it ends, and why one is not whole.\n"
           "A snapshot is a folder of its own: to drop one, remove it.\n"
           "Examples:\n"
           "  spate snapshot list /backup/spate\n"
           "  spate snapshot list /backup/spate -o json | jq '.items[-1].position'";
  }
  std::vector<Option> options() override {
    return {{"DIR", &folder_, "Directory of snapshots", true}, output_option(output_)};
  }

  int run(Console& console) override {
    const auto all = list_snapshots(folder_);
    if (!all) return tell(all.error(), console);
    JsonValue items = list_value();
    for (const ListedSnapshot& one : *all)
      items.items.push_back(value_of(one, output_ != "table"));
    print(object_value({{"items", std::move(items)}}), output_, console.out);
    return exit_done;
  }

 private:
  std::string folder_, output_ = "table";
};

class SnapshotVerify final : public Command {
 public:
  std::string_view name() const override { return "snapshot verify"; }
  std::string_view summary() const override {
    return "Read a snapshot: every hash, every record, every chain";
  }
  std::string_view lesson() const override {
    return "Compares each file with the hash that was kept when it was taken, then reads the log in it\n"
           "as `spate log verify` does: checksums, dense sequences, the chain of every partition, and\n"
           "where each one ends. Exit 0 when all of it holds, 1 when not.\n"
           "Examples:\n"
           "  spate snapshot verify /backup/spate\n"
           "  spate snapshot verify /backup/spate --name before-upgrade";
  }
  std::vector<Option> options() override {
    return {{"DIR", &folder_, "Directory of snapshots", true},
            {"--name", &name_, "Which one; else the newest whole one"},
            output_option(output_)};
  }

  int run(Console& console) override {
    const auto began = std::chrono::steady_clock::now();
    const auto found = find_snapshot(folder_, name_);
    if (!found) return told(found.error(), console);
    const auto check = check_snapshot(folder_, *found);
    if (!check) return told(check.error(), console);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    show(found->name, *check, took.count(), console.out);
    return check->holds() ? exit_done : exit_no;
  }

 private:
  static int told(const Fault& fault, Console& console) {
    const int code = tell(fault, console);
    return fault.code == "snapshot_damaged" ? exit_no : code;
  }

  void show(const std::string& name, const SnapshotCheck& check, double seconds,
            std::ostream& out) const {
    if (output_ != "table") {
      JsonValue broken = list_value();
      for (const std::string& one : check.findings) broken.items.push_back(text_value(one));
      return print(object_value({{"name", text_value(name)},
                                 {"holds", boolean_value(check.holds())},
                                 {"files", integer_value(check.files)},
                                 {"bytes", integer_value(check.bytes)},
                                 {"outcomes", integer_value(check.outcomes)},
                                 {"milliseconds", integer_value(static_cast<uint64_t>(seconds * 1e3))},
                                 {"broken", std::move(broken)}}),
                   output_, out);
    }
    for (const std::string& one : check.findings) out << "BROKEN: " << one << "\n";
    out << "snapshot " << name << ": " << check.files << " files, " << size_text(check.bytes) << ", "
        << check.outcomes << " outcomes read in " << seconds_text(seconds)
        << (check.holds() ? ": all of it holds\n" : ": use another snapshot\n");
  }

  std::string folder_, name_, output_ = "table";
};

}  // namespace

std::unique_ptr<Command> snapshot_list_command() { return std::make_unique<SnapshotList>(); }
std::unique_ptr<Command> snapshot_verify_command() { return std::make_unique<SnapshotVerify>(); }

}  // namespace spate::cli
