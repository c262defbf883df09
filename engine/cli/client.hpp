// Client: what the subcommands that talk to a server share: its address, its faults, its answers.
#pragma once
#include "engine/cli/command.hpp"
#include "engine/codec/json_value.hpp"
#include "engine/edge/http_client.hpp"

namespace spate::cli {

/// `--server`, else SPATE_SERVER, else http://127.0.0.1:8080.
Option server_option(std::string& server);
Result<edge::ServerAddress> server_address(const std::string& given);

/// `-o json|yaml|table`.
Option output_option(std::string& output);
/// A value as `output` says; lists of objects become tables, one line an item.
void print(const JsonValue& value, const std::string& output, std::ostream& out);
/// A value in one cell of a table: text as it is, nothing as `-`, all else as JSON.
std::string cell(const JsonValue* value);
/// A body of the server as `output` says; what is not JSON goes out as it is.
void print_body(const std::string& body, const std::string& output, std::ostream& out);

/// Everything but unreserved characters escaped, for one segment of a path.
std::string escaped(std::string_view segment);

/// The exit code of an answer to a command or question; a problem is told on `err` in words.
int judge(const edge::ClientResponse& response, Console& console);

}  // namespace spate::cli
