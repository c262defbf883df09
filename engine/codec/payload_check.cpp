// Form by reflection over the binary schema, values by the plans.
#include "engine/codec/payload_check.hpp"

#include <flatbuffers/reflection.h>

#include <map>

#include "engine/api/envelope.hpp"
#include "engine/codec/flat_fields.hpp"
#include "engine/codec/json.hpp"

namespace spate {
namespace {

using envelope::Kind;

/// "colour 7", or empty.
std::string unknown_value(const TablePlan& plan, const flatbuffers::Table& table);

std::string unknown_in(const FieldPlan& field, const flatbuffers::Table& table) {
  const auto unknown = [&](uint64_t bits) {
    const auto value = static_cast<int64_t>(bits);
    return field.enumeration->find(value) == nullptr ? field.name + " " + std::to_string(value)
                                                     : std::string();
  };
  if (field.kind == FieldKind::enumeration) {
    const auto bits = flat_scalar_bits(table, field);
    return bits ? unknown(*bits) : "";
  }
  if (field.kind == FieldKind::object) {
    const flatbuffers::Table* inner = flat_table(table, field);
    return inner == nullptr ? "" : unknown_value(*field.table, *inner);
  }
  if (field.kind != FieldKind::list) return {};
  const FlatList list(table, field);
  for (uint32_t i = 0; i < list.size(); ++i) {
    std::string found;
    if (field.item_kind == FieldKind::enumeration) found = unknown(list.scalar_bits(field, i));
    if (field.item_kind == FieldKind::object) found = unknown_value(*field.table, list.table(i));
    if (!found.empty()) return found;
  }
  return {};
}

std::string unknown_value(const TablePlan& plan, const flatbuffers::Table& table) {
  for (const FieldPlan& field : plan.fields)
    if (std::string found = unknown_in(field, table); !found.empty()) return found;
  return {};
}

}  // namespace

struct PayloadCheck::Schema {
  const reflection::Schema& schema;
  std::map<const TablePlan*, const reflection::Object*> objects;
};

PayloadCheck::PayloadCheck(const DomainPlan& domain)
    : domain_(domain),
      schema_(new Schema{*reflection::GetSchema(domain.domain->schema.data()), {}}) {
  const auto add = [&](const std::vector<EventPlan>& members) {
    for (const EventPlan& member : members)
      for (const reflection::Object* object : *schema_->schema.objects()) {
        const std::string name = object->name()->str();
        if (name.substr(name.rfind('.') + 1) == member.table->name)
          schema_->objects[member.table] = object;
      }
  };
  add(domain.commands);
  add(domain.events);
}

PayloadCheck::~PayloadCheck() = default;

std::string PayloadCheck::fault_of_payload(const EventPlan& plan, Bytes payload) {
  const reflection::Object* object = schema_->objects.at(plan.table);
  if (payload.size() < sizeof(flatbuffers::uoffset_t) ||
      !flatbuffers::Verify(schema_->schema, *object, payload.data(), payload.size()))
    return "it is no " + plan.table->name + " of this schema";
  const auto& table = *flatbuffers::GetRoot<flatbuffers::Table>(payload.data());
  if (const std::string value = unknown_value(*plan.table, table); !value.empty())
    return "its value " + value + " is not known to this schema";
  rendered_.clear();
  JsonWriter out(rendered_);
  out.begin_object();
  write_fields(*plan.table, payload, nullptr, out);
  out.end_object();
  return {};
}

std::string PayloadCheck::fault_of(const envelope::Outcome& outcome) {
  if (outcome.kind() == Kind::rejected && domain_.rejection(outcome.rejection()) == nullptr)
    return "its rejection " + std::to_string(outcome.rejection()) + " is not known to this schema";
  if (outcome.events() != nullptr)
    for (const envelope::Event* event : *outcome.events())
      if (std::string fault = fault_of(*event); !fault.empty()) return fault;
  const bool has_command = outcome.kind() == Kind::parked && outcome.command() != nullptr &&
                           outcome.command()->size() > 0;
  return has_command ? fault_of(command_of(bytes_of(outcome.command()))) : std::string();
}

std::string PayloadCheck::fault_of(const envelope::Event& event) {
  const std::string type = "its event " + std::to_string(event.type());
  const EventPlan* plan = domain_.event(event.type());
  if (plan == nullptr) return type + " is not known to this schema";
  const Bytes payload = bytes_of(event.payload());
  const std::string fault = fault_of_payload(*plan, payload);
  if (!fault.empty()) return type + " (" + std::string(plan->name()) + "): " + fault;
  if (!plan->is_old) return {};
  Upcaster upcaster(domain_.domain->handler->upcasts);
  const NewestEvent now = upcaster.newest(event.type(), payload);
  if (now.fault != nullptr) return *now.fault;
  const EventPlan* newest = domain_.event(now.type);
  const std::string made = fault_of_payload(*newest, now.payload);
  return made.empty() ? "" : type + " (" + std::string(plan->name()) + "), read as " +
                                 std::string(newest->name()) + ": " + made;
}

std::string PayloadCheck::fault_of(const envelope::Command& command) {
  if (command.codec() != envelope::Codec::flatbuffers ||
      command.control() != envelope::Control::none)
    return {};
  const std::string type = "its command " + std::to_string(command.type());
  const CommandPlan* plan = domain_.command(command.type());
  if (plan == nullptr) return type + " is not known to this schema";
  const std::string fault = fault_of_payload(*plan, bytes_of(command.payload()));
  return fault.empty() ? "" : type + " (" + std::string(plan->name()) + "): " + fault;
}

}  // namespace spate
