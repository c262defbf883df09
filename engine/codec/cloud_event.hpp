// Cloud events: the attributes of CloudEvents 1.0 as far as a command needs them.
#pragma once
#include "engine/codec/json.hpp"

namespace spate {

/// Null data: not given. Views into whatever it was read from.
struct CloudEvent {
  std::string_view specversion;
  std::string_view id;
  std::string_view source;
  std::string_view type;
  std::string_view time;
  std::string_view datacontenttype;
  std::string_view traceparent;  ///< the extension of distributed tracing
};

/// `application/json` of `Application/JSON ; charset=utf-8`; empty of null.
bool is_media_type(std::string_view header, std::string_view wanted);

/// Reads events in the JSON format (structured mode). One per thread: it keeps its buffers.
class CloudEventReader {
 public:
  enum class Form : uint8_t { none, json, bytes };

  CloudEventReader();
  ~CloudEventReader();
  /// False when faults were added. Event and data are valid until the next read. Members that are
  /// not known are extensions of others: ignored.
  bool read(std::string_view json, CloudEvent& event, FieldFaults& faults);

  Form data_form() const;
  /// Requires: the data of the event read last are bytes (data_base64).
  Bytes data_bytes() const;
  /// A command out of `data`; its faults point into the event (`/data/stock`). Requires: data are
  /// JSON.
  std::optional<CommandReader::Parsed> read_data(const DomainPlan& domain,
                                                 const CommandPlan& command, FieldFaults& faults);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace spate
