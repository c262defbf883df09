// JsonLog: what the process says of itself, one JSON object a line; never bodies, never secrets.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>
#include <variant>

#include "engine/base/bell.hpp"
#include "engine/base/clock.hpp"
#include "engine/base/step.hpp"

namespace spate {

enum class LogLevel : uint8_t { debug, info, warn, error };
std::string_view to_text(LogLevel level);
/// In small letters or capitals. False when `text` is no level.
bool from_text(std::string_view text, LogLevel& level);

/// `name` is one of: trace_id, span_id, correlation_id, command_id, domain, partition, sequence,
/// error_code, or says what it is with its unit last (`took_ms`).
struct LogField {
  LogField(std::string_view n, std::string_view v) : name(n), value(v) {}
  LogField(std::string_view n, const std::string& v) : name(n), value(std::string_view(v)) {}
  LogField(std::string_view n, const char* v) : name(n), value(std::string_view(v)) {}
  LogField(std::string_view n, bool v) : name(n), value(v) {}
  template <std::integral I>
  LogField(std::string_view n, I v) : name(n), value(static_cast<int64_t>(v)) {}

  std::string_view name;
  std::variant<std::string_view, int64_t, bool> value;
};

struct JsonLogLimits {
  std::size_t queued_bytes_max = 1
                                 << 20;  ///< not yet written; beyond it lines are dropped, counted
  std::size_t text_bytes_max = 8 << 10;    ///< of one message or field; longer ones are cut
};

/// Any thread may write: a line goes into a bounded buffer, so a reader who stops reading stops
/// nobody. `step`, on one thread, writes the buffer to the descriptor.
class JsonLog {
 public:
  JsonLog(int descriptor, LogLevel least, const Clock& clock, JsonLogLimits limits = {});
  /// Writes what is left.
  ~JsonLog();

  /// `logger` names the folder that speaks: edge, log, app…
  void write(LogLevel level, std::string_view logger, std::string_view message,
             std::initializer_list<LogField> fields = {});
  bool wants(LogLevel level) const { return level >= least_; }

  /// Writes out what is queued. Blocks while the descriptor does.
  Step step();
  /// Rung when there is something to write; may be null.
  void on_line(Bell* bell) { bell_ = bell; }
  uint64_t lines_dropped() const;

 private:
  bool drain();

  const int descriptor_;
  const LogLevel least_;
  const Clock& clock_;
  const JsonLogLimits limits_;
  Bell* bell_ = nullptr;
  mutable std::mutex mutex_;
  std::string queued_;
  uint64_t dropped_ = 0;
  uint64_t dropped_told_ = 0;
  std::string writing_;  // step's own
};

/// RFC 3339 in UTC with all nine digits of the nanoseconds, so that lines sort as text.
std::string log_time(Instant at);

}  // namespace spate
