// The makers of all subcommands, one per file of this folder.
#pragma once
#include "engine/cli/command.hpp"

namespace spate::cli {

std::unique_ptr<Command> serve_command();
std::unique_ptr<Command> send_command();
std::unique_ptr<Command> get_command();
std::unique_ptr<Command> tail_command();
std::unique_ptr<Command> history_command();
std::unique_ptr<Command> load_command();
std::unique_ptr<Command> replay_verify_command();
std::unique_ptr<Command> replay_scan_command();
std::unique_ptr<Command> replay_rebuild_command();
std::vector<std::unique_ptr<Command>> replay_order_commands();
std::unique_ptr<Command> replay_fork_command();
std::unique_ptr<Command> snapshot_create_command();
std::unique_ptr<Command> snapshot_list_command();
std::unique_ptr<Command> snapshot_verify_command();
std::unique_ptr<Command> snapshot_restore_command();
std::unique_ptr<Command> schema_check_command();
std::unique_ptr<Command> schema_verify_command();
std::unique_ptr<Command> log_verify_command();
std::unique_ptr<Command> log_dump_command();
std::unique_ptr<Command> log_parked_list_command();
std::unique_ptr<Command> log_parked_redrive_command();
std::unique_ptr<Command> log_parked_discard_command();
std::unique_ptr<Command> log_migrate_command();
std::unique_ptr<Command> dlq_list_command();
std::unique_ptr<Command> dlq_show_command();
std::unique_ptr<Command> topics_plan_command();
std::unique_ptr<Command> topics_apply_command();
std::unique_ptr<Command> topics_check_command();
std::unique_ptr<Command> check_command();
std::unique_ptr<Command> config_show_command();
std::unique_ptr<Command> version_command();

}  // namespace spate::cli
