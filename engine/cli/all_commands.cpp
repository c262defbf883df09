// The list of subcommands.
#include "engine/cli/commands.hpp"

namespace spate::cli {

std::vector<std::unique_ptr<Command>> all_commands() {
  std::vector<std::unique_ptr<Command>> all;
  all.push_back(serve_command());
  all.push_back(send_command());
  all.push_back(get_command());
  all.push_back(tail_command());
  all.push_back(history_command());
  all.push_back(load_command());
  all.push_back(replay_rebuild_command());
  for (auto& command : replay_order_commands()) all.push_back(std::move(command));
  all.push_back(replay_verify_command());
  all.push_back(replay_scan_command());
  all.push_back(replay_fork_command());
  all.push_back(snapshot_create_command());
  all.push_back(snapshot_list_command());
  all.push_back(snapshot_verify_command());
  all.push_back(snapshot_restore_command());
  all.push_back(schema_check_command());
  all.push_back(schema_verify_command());
  all.push_back(log_verify_command());
  all.push_back(log_dump_command());
  all.push_back(log_parked_list_command());
  all.push_back(log_parked_redrive_command());
  all.push_back(log_parked_discard_command());
  all.push_back(log_migrate_command());
  all.push_back(dlq_list_command());
  all.push_back(dlq_show_command());
  all.push_back(topics_plan_command());
  all.push_back(topics_apply_command());
  all.push_back(topics_check_command());
  all.push_back(check_command());
  all.push_back(config_show_command());
  all.push_back(version_command());
  return all;
}

}  // namespace spate::cli
