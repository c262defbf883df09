// One value in three coats: JSON for programs, YAML and tables for people.
#include <algorithm>
#include <ostream>

#include "engine/cli/client.hpp"

namespace spate::cli {
namespace {

using Kind = JsonValue::Kind;

std::string json_of(const JsonValue& value) {
  std::string text;
  JsonWriter writer(text);
  value.write(writer);
  return text;
}

bool is_leaf(const JsonValue& value) {
  return (value.kind != Kind::list || value.items.empty()) &&
         (value.kind != Kind::object || value.members.empty());
}

/// Nested maps and lists, two spaces a level; leaves are written as JSON, which YAML reads.
void write_yaml(const JsonValue& value, std::size_t indent, std::ostream& out) {
  const std::string margin(indent, ' ');
  for (const auto& [name, member] : value.members) {
    out << margin << name << ":";
    if (is_leaf(member)) out << " " << json_of(member) << "\n";
    else out << "\n", write_yaml(member, indent + 2, out);
  }
  for (const JsonValue& item : value.items) {
    if (is_leaf(item)) {
      out << margin << "- " << json_of(item) << "\n";
      continue;
    }
    out << margin << "-\n";
    write_yaml(item, indent + 2, out);
  }
}

using Lines = std::vector<std::vector<std::string>>;

void write_columns(const Lines& lines, std::ostream& out) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i)
      text += line[i] + std::string(widths[i] - line[i].size() + 2, ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << "\n";
  }
}

void write_table(const JsonValue& value, std::ostream& out) {
  const JsonValue* list = value.kind == Kind::list ? &value : value.find("items");
  Lines lines;
  if (list == nullptr || list->kind != Kind::list) {
    for (const auto& [name, member] : value.members) lines.push_back({name, cell(&member)});
    return write_columns(lines, out);
  }
  if (list->items.empty()) return void(out << "(none)\n");
  std::vector<std::string> header;
  for (const auto& [name, _] : list->items.front().members) header.push_back(name);
  lines.push_back(header);
  for (const JsonValue& item : list->items) {
    lines.emplace_back();
    for (const std::string& name : header) lines.back().push_back(cell(item.find(name)));
  }
  write_columns(lines, out);
}

}  // namespace

std::string cell(const JsonValue* value) {
  if (value == nullptr || value->kind == Kind::null) return "-";
  return value->kind == Kind::text ? value->text : json_of(*value);
}

Option output_option(std::string& output) {
  return {"-o,--output", &output, "How to print: json, yaml or table", false, {"json", "yaml", "table"}};
}

void print(const JsonValue& value, const std::string& output, std::ostream& out) {
  if (output == "yaml") {
    if (is_leaf(value)) out << json_of(value) << "\n";
    else write_yaml(value, 0, out);
  } else if (output == "table") {
    write_table(value, out);
  } else {
    out << json_of(value) << "\n";
  }
}

void print_body(const std::string& body, const std::string& output, std::ostream& out) {
  const Result<JsonValue> value = output == "json" ? stop("", "") : JsonValue::parse(body);
  if (value) return print(*value, output, out);
  out << body;
  if (!body.ends_with('\n')) out << "\n";
}

}  // namespace spate::cli
