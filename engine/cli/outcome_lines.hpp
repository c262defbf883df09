// OutcomeLines: outcomes one after another, as JSON lines, documents of YAML, or rows of a table.
#pragma once
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

namespace spate::cli {

/// Nothing is held back: who follows a log sees each outcome when it is printed. So the columns of
/// a table have a usual width, and grow with what is longer.
class OutcomeLines {
 public:
  struct Column {
    std::string_view member;
    std::size_t width;
  };
  /// `columns`: what a table shows; behind them it says what happened.
  OutcomeLines(const std::string& output, std::vector<Column> columns)
      : output_(output), columns_(std::move(columns)) {}

  /// Requires: `json` is an outcome as `write_outcome` renders it, in an object.
  void print(std::string_view json, std::ostream& out);

 private:
  void print_names(std::ostream& out);
  void print_cell(std::string_view text, Column& column, std::ostream& out);

  const std::string& output_;  ///< json, yaml or table; filled in by the command line
  std::vector<Column> columns_;
  bool named_ = false;
};

}  // namespace spate::cli
