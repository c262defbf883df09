// Lines are made outside the lock; the lock covers a copy into the buffer and nothing else.
#include "engine/telemetry/json_log.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>

#include "engine/base/json_writer.hpp"

namespace spate {
namespace {

constexpr std::string_view level_names[] = {"debug", "info", "warn", "error"};

/// At most `bytes_max`, not cut within a character.
std::string_view cut(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xc0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

}  // namespace

std::string_view to_text(LogLevel level) { return level_names[static_cast<std::size_t>(level)]; }

bool from_text(std::string_view text, LogLevel& level) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  for (std::size_t i = 0; i < std::size(level_names); ++i)
    if (lower == level_names[i]) {
      level = static_cast<LogLevel>(i);
      return true;
    }
  return false;
}

std::string log_time(Instant at) {
  int64_t seconds = at.ns / 1'000'000'000;
  int64_t nanoseconds = at.ns % 1'000'000'000;
  if (nanoseconds < 0) --seconds, nanoseconds += 1'000'000'000;
  const std::time_t time = seconds;
  std::tm parts{};
  gmtime_r(&time, &parts);
  char text[48];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  std::snprintf(text + size, sizeof text - size, ".%09dZ", static_cast<int>(nanoseconds));
  return text;
}

JsonLog::JsonLog(int descriptor, LogLevel least, const Clock& clock, JsonLogLimits limits)
    : descriptor_(descriptor), least_(least), clock_(clock), limits_(limits) {}

JsonLog::~JsonLog() { step(); }

void JsonLog::write(LogLevel level, std::string_view logger, std::string_view message,
                    std::initializer_list<LogField> fields) {
  if (!wants(level)) return;
  std::string line;
  JsonWriter json(line);
  json.begin_object();
  json.member("ts", log_time(clock_.wall()));
  json.member("level", to_text(level));
  json.member("msg", cut(message, limits_.text_bytes_max));
  json.member("logger", logger);
  for (const LogField& field : fields) {
    json.key(field.name);
    if (const auto* text = std::get_if<std::string_view>(&field.value))
      json.string(cut(*text, limits_.text_bytes_max));
    else if (const auto* number = std::get_if<int64_t>(&field.value)) json.integer(*number);
    else json.boolean(std::get<bool>(field.value));
  }
  json.end_object();
  line += '\n';
  {
    const std::lock_guard lock(mutex_);
    if (queued_.size() + line.size() > limits_.queued_bytes_max) {
      ++dropped_;
      return;
    }
    queued_ += line;
  }
  if (bell_ != nullptr) bell_->ring();
}

Step JsonLog::step() {
  uint64_t dropped = 0;
  {
    const std::lock_guard lock(mutex_);
    if (queued_.empty()) return Step::idle;
    writing_.swap(queued_);
    dropped = dropped_ - dropped_told_;
    dropped_told_ = dropped_;
  }
  const bool written = drain();
  writing_.clear();
  if (dropped > 0 && written)
    write(LogLevel::warn, "telemetry", "lines were dropped: nobody read this log",
          {{"lines", dropped}});
  return Step::worked;
}

bool JsonLog::drain() {
  for (std::string_view rest = writing_; !rest.empty();) {
    const ssize_t written = ::write(descriptor_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;  // nobody is there to read: the log is not worth the process
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

uint64_t JsonLog::lines_dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

}  // namespace spate
