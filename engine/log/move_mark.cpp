// A small text file beside the segments, overwritten in place.
#include "engine/log/move_mark.hpp"

#include <algorithm>
#include <cstdio>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

//   mark := "spate move 1\n" ("arriving" | "moved") "\n" place "\n" "crc " hex8 "\n"
// The crc is CRC32C over all lines before it.
constexpr const char* mark_name = "MOVE";
constexpr std::string_view format_line = "spate move 1\n";
constexpr std::string_view arriving_line = "arriving\n", moved_line = "moved\n";
constexpr std::size_t mark_bytes_max = 4096;

std::string crc_line(std::string_view text) {
  char line[16];
  std::snprintf(line, sizeof line, "crc %08x\n", static_cast<unsigned>(crc32c(as_bytes(text))));
  return line;
}

std::string written(const MoveMark& mark) {
  std::string text(format_line);
  text += mark.state == MoveMark::State::moved ? moved_line : arriving_line;
  text += mark.place + "\n";
  return text + crc_line(text);
}

bool parse(std::string_view text, MoveMark& mark) {
  const std::size_t crc_at = text.rfind("crc ");
  if (crc_at == std::string_view::npos || text.substr(crc_at) != crc_line(text.substr(0, crc_at)))
    return false;
  text = text.substr(0, crc_at);
  if (!text.starts_with(format_line)) return false;
  text.remove_prefix(format_line.size());
  const bool moved = text.starts_with(moved_line);
  if (!moved && !text.starts_with(arriving_line)) return false;
  mark.state = moved ? MoveMark::State::moved : MoveMark::State::arriving;
  text.remove_prefix(moved ? moved_line.size() : arriving_line.size());
  mark.place = text.substr(0, text.find('\n'));
  return true;
}

Result<bool> is_there(Storage& storage) {
  TRY(const auto names, storage.list());
  return std::find(names.begin(), names.end(), mark_name) != names.end();
}

}  // namespace

Result<MoveMark> read_move_mark(Storage& storage) {
  MoveMark mark;
  TRY(const bool marked, is_there(storage));
  if (!marked) return mark;
  TRY(auto file, storage.open(mark_name, OpenMode::read));
  std::string text(mark_bytes_max, '\0');
  TRY(const std::size_t n, file->read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  if (!parse(std::string_view(text).substr(0, n), mark))
    return stop("move_mark", storage.directory() + "/" + mark_name +
                                 " is not whole: a move of this log was cut short; run the same "
                                 "`spate log migrate` again, which goes on where it ended");
  return mark;
}

Result<void> write_move_mark(Storage& storage, const MoveMark& mark) {
  ENSURE(mark.state != MoveMark::State::none);
  const std::string text = written(mark);
  TRY(const bool marked, is_there(storage));
  TRY(auto file, storage.open(mark_name, marked ? OpenMode::write : OpenMode::create));
  TRY(file->write(0, as_bytes(text)));
  TRY(file->truncate(text.size()));
  TRY(file->sync());
  return storage.sync_directory();
}

Result<void> remove_move_mark(Storage& storage) {
  TRY(const bool marked, is_there(storage));
  if (!marked) return {};
  TRY(storage.remove(mark_name));
  return storage.sync_directory();
}

Result<void> check_not_moved(Storage& storage) {
  TRY(const MoveMark mark, read_move_mark(storage));
  if (mark.state == MoveMark::State::moved)
    return stop("log_moved", storage.directory() + ": this log was moved to " + mark.place +
                                 " and goes on there; serve it with `spate serve --kafka` and "
                                 "another --data. What lies here is a copy of its past");
  if (mark.state == MoveMark::State::arriving)
    return stop("log_arriving", storage.directory() + ": the log is still being moved here from " +
                                    mark.place + ": finish with `spate log migrate --back`, which "
                                    "goes on where it ended");
  return {};
}

}  // namespace spate
