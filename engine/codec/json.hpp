// JSON in and out by the catalog: commands are read strictly, events and views are written.
#pragma once
#include "engine/base/json_writer.hpp"
#include "engine/codec/catalog.hpp"
#include "engine/codec/rfc3339.hpp"
#include "schemas/envelope_generated.h"

namespace spate {

/// One line of a batch, without its body. The texts live until the reader's next read.
struct BatchLine {
  std::string_view domain;
  std::string_view stream;  ///< an ident
  std::string_view command;
  std::string_view id;  ///< empty = none was sent
};

/// Reads command bodies. One per thread: it keeps a parser and buffers, so that small commands
/// are read without allocating.
class CommandReader {
 public:
  CommandReader();
  ~CommandReader();
  struct Parsed {
    Bytes payload;             ///< the command's FlatBuffer, valid until the next read
    uint64_t fingerprint = 0;  ///< over command name and fields in slot order (D2)
  };
  /// Empty `json` is `{}`. All faults at once (domains.md §1): those against the schema, else
  /// those of the handler's `check`. When any was added the result is empty.
  std::optional<Parsed> read(const DomainPlan& domain, const CommandPlan& command,
                             std::string_view json, FieldFaults& faults);

  /// A line `{"domain","stream","command","id"?,"body"?}` of POST /v1/batch. Whether the domain,
  /// the command and the stream may be called so is the caller's to check, before `read_body`.
  bool read_line(std::string_view json, BatchLine& line, FieldFaults& faults);
  /// The body of the line read last, also when `read_line` found faults in it; its own point into
  /// the line (`/body/stock`).
  std::optional<Parsed> read_body(const DomainPlan& domain, const CommandPlan& command,
                                  FieldFaults& faults);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The fields of an event as members (no braces), defaults filled in, secrets left out. Absent
/// scalars, texts and objects are null, absent lists []; those of a one_of are left out.
void write_fields(const TablePlan& table, Bytes payload, const Derived* derived, JsonWriter& out);
/// A view as an object, with what depends on now derived.
void write_view(const DomainPlan& domain, const ViewPlan& view, Bytes value, Instant now,
                JsonWriter& out);
/// `events:[{"type":…, fields}]` of an outcome, as member, each in its newest version. An event
/// that a newer build wrote is of type `unknown`; one whose upcaster failed has, in place of its
/// fields, `unreadable`: why.
void write_events(const DomainPlan& domain, const envelope::Outcome& outcome, JsonWriter& out);

/// Integers above 2^53-1, which JSON readers would silently change, are written with an exponent.
void write_json_integer(int64_t value, JsonWriter& out);
/// Shortest form that reads back the same; above 2^53-1 with an exponent; null when not finite.
void write_json_number(double value, JsonWriter& out);

}  // namespace spate
