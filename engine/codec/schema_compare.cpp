// Two schemas walked side by side, from the unions down; each pair of types once.
#include "engine/codec/schema_compare.hpp"

#include <flatbuffers/reflection_generated.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>

#include "engine/api/event_versions.hpp"
#include "engine/base/text.hpp"
#include "engine/codec/schema_names.hpp"

namespace spate {
namespace {

using reflection::BaseType;
using reflection::EnumVal;
using reflection::Field;
using reflection::Object;
using reflection::Schema;

const reflection::Enum* find_enum(const Schema& schema, std::string_view name) {
  for (const reflection::Enum* e : *schema.enums())
    if (last_part(e->name()) == name) return e;
  return nullptr;
}

const Object* find_object(const Schema& schema, std::string_view name) {
  for (const Object* object : *schema.objects())
    if (last_part(object->name()) == name) return object;
  return nullptr;
}

template <class Values, class Matches>
auto* first(const Values& values, Matches matches) {
  const auto found = std::find_if(values.begin(), values.end(), matches);
  return found == values.end() ? nullptr : *found;
}

bool has_mark(const Field& field, std::string_view mark) {
  return field.attributes() != nullptr &&
         first(*field.attributes(), [&](const reflection::KeyValue* attribute) {
           return attribute->key()->string_view() == mark;
         }) != nullptr;
}

/// "uint", "[string]", "Item".
std::string type_name(const Schema& schema, const reflection::Type& type, BaseType base) {
  if (base == reflection::Vector || base == reflection::Array)
    return "[" + type_name(schema, type, type.element()) + "]";
  if (type.index() >= 0 && base == reflection::Obj)
    return last_part(schema.objects()->Get(static_cast<uint32_t>(type.index()))->name());
  if (type.index() >= 0)
    return last_part(schema.enums()->Get(static_cast<uint32_t>(type.index()))->name());
  std::string name = reflection::EnumNameBaseType(base);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return name;
}

std::string default_of(const Field& field) {
  if (field.optional()) return "null";
  const BaseType base = field.type()->base_type();
  if (base == reflection::Float || base == reflection::Double)
    return std::to_string(field.default_real());
  return std::to_string(field.default_integer());
}

enum class Reading : uint8_t { history, views };

template <class Declared>
std::map<std::string, std::string> attributes_of(const Declared& declared) {
  std::map<std::string, std::string> found;
  if (declared.attributes() == nullptr) return found;
  for (const reflection::KeyValue* attribute : *declared.attributes())
    found[attribute->key()->str()] = attribute->value() ? attribute->value()->str() : "";
  return found;
}

class Comparison {
 public:
  Comparison(const Schema& before, const Schema& after, Reading reading)
      : before_(before), after_(after), reading_(reading) {}

  Result<std::vector<SchemaChange>> run(std::initializer_list<const char*> members) {
    for (const char* name : members) {
      const reflection::Enum* old = find_enum(before_, name);
      const reflection::Enum* fresh = find_enum(after_, name);
      if (old == nullptr || fresh == nullptr)
        return stop("schema_invalid", std::string("a schema of a domain has an ") + name);
      is_event_ = std::string_view(name) == "Event";
      compare(name, *old, *fresh);
    }
    return std::move(changes_);
  }

 private:
  void found(const std::string& place, std::string what, std::string remedy) {
    changes_.push_back({place, std::move(what), std::move(remedy)});
  }

  /// What may be meant so: of an event it is possible, as a new version.
  void changed(const std::string& place, std::string what, std::string remedy) {
    if (!event_.empty())
      remedy += "; or put it all back and write an upcaster: a new version of the event, " +
                next_free_version() + ", in a table of its own (README, Change an event)";
    found(place, std::move(what), std::move(remedy));
  }

  std::string next_free_version() const {
    std::string next = next_version_of(event_);
    while (find_object(before_, next) != nullptr) next = next_version_of(next);
    return next;
  }

  void compare(const std::string& place, const reflection::Enum& old,
               const reflection::Enum& fresh) {
    if (!seen_.insert({&old, &fresh}).second) return;
    const std::string kind = old.is_union() ? "member" : "value";
    for (const EnumVal* value : *old.values()) {
      const std::string name = value->name()->str(), number = std::to_string(value->value());
      const EnumVal* now =
          first(*fresh.values(), [&](const EnumVal* v) { return v->value() == value->value(); });
      const EnumVal* moved =
          first(*fresh.values(), [&](const EnumVal* v) { return v->name()->str() == name; });
      if (now != nullptr && now->name()->str() == name) {
        if (old.is_union() && value->value() != 0) compare_members(*value, *now);
      } else if (moved != nullptr) {
        found(place, name + " was " + number + ", now it is " + std::to_string(moved->value()),
              "give " + name + " its number " + number + " back");
      } else if (now != nullptr) {
        found(place, number + " was " + name + ", now it is " + now->name()->str(),
              "a number keeps its name for ever: give " + now->name()->str() +
                  " a number of its own and keep " + name);
      } else if (reading_ == Reading::history) {
        found(place, "the " + kind + " " + name + " = " + number + " is gone",
              "history holds it: put it back, and stop making new ones in the handler");
      }
    }
  }

  void compare_members(const EnumVal& old, const EnumVal& now) {
    const reflection::Type *a = old.union_type(), *b = now.union_type();
    if (a == nullptr || b == nullptr || a->index() < 0 || b->index() < 0) return;
    if (is_event_) event_ = last_part(object(before_, *a).name());
    compare(old.name()->str(), object(before_, *a), object(after_, *b));
    event_.clear();
  }

  static const Object& object(const Schema& schema, const reflection::Type& type) {
    return *schema.objects()->Get(static_cast<uint32_t>(type.index()));
  }

  void compare(const std::string& place, const Object& old, const Object& fresh) {
    if (!seen_.insert({&old, &fresh}).second) return;
    if (old.is_struct() != fresh.is_struct()) {
      changed(place, old.is_struct() ? "it was a struct, now it is a table"
                                   : "it was a table, now it is a struct",
            "put it back; another one goes under another name, in a field of its own");
      return;
    }
    if (reading_ == Reading::views && attributes_of(old) != attributes_of(fresh))
      found(place, "its attributes changed", "fold the views again");
    for (const Field* field : *old.fields()) compare_field(place, old, *field, fresh);
    for (const Field* field : *fresh.fields()) compare_added(place, old, *field);
  }

  static const Field* at_slot(const Object& of, const Field& like) {
    return first(*of.fields(), [&](const Field* f) { return f->offset() == like.offset(); });
  }
  static const Field* named(const Object& of, const Field& like) {
    return first(*of.fields(), [&](const Field* f) {
      return f->name()->string_view() == like.name()->string_view();
    });
  }

  void compare_field(const std::string& place, const Object& owner, const Field& old,
                     const Object& fresh) {
    const std::string name = old.name()->str(), at = place + "." + name;
    const std::string id = std::to_string(old.id());
    const Field *now = at_slot(fresh, old), *moved = named(fresh, old);
    if (moved != nullptr && moved->offset() != old.offset()) {
      found(at, "its id was " + id + ", now it is " + std::to_string(moved->id()),
            owner.is_struct() ? "a struct never changes: add a new one, in a field of its own"
                              : "give it (id:" + id + ") back; order in the file does not matter");
    } else if (moved == nullptr && now != nullptr) {
      const std::string other = now->name()->str();
      changed(at, "its id " + id + " belongs to " + other + " now",
            "put `" + name + "` back, marked (deprecated) if it is of no use any more, and give " +
                other + " the next free id");
    } else if (moved == nullptr) {
      if (reading_ == Reading::views && !owner.is_struct()) return;
      changed(at, "it is gone, and its id " + id + " free to be used again",
            "put it back and mark it (deprecated): its id stays taken");
    } else {
      compare_meaning(at, old, *moved);
    }
  }

  void compare_meaning(const std::string& at, const Field& old, const Field& now) {
    if (reading_ == Reading::views && now.deprecated()) return;  // it is not shown any more
    const reflection::Type &a = *old.type(), &b = *now.type();
    if (a.base_type() != b.base_type() || a.element() != b.element() ||
        a.fixed_length() != b.fixed_length() || (a.index() < 0) != (b.index() < 0)) {
      changed(at, "its type was " + type_name(before_, a, a.base_type()) + ", now it is " +
                    type_name(after_, b, b.base_type()),
            "put the type back, mark it (deprecated), and add a field of the new type with the "
            "next free id");
      return;
    }
    const bool is_scalar = a.base_type() <= reflection::Double;
    if (is_scalar && default_of(old) != default_of(now))
      changed(at, "what was left out was " + default_of(old) + ", now it would be read as " +
                    default_of(now),
            "put the default back: it was never written");
    if (reading_ == Reading::views && attributes_of(old) != attributes_of(now))
      found(at, "its attributes changed", "fold the views again");
    const bool was_needed = old.required() || has_mark(old, "needed");
    if (!was_needed && (now.required() || has_mark(now, "needed")))
      changed(at, "it could be left out, now it is needed",
            "let it be left out, and refuse new commands without it in the handler");
    if (a.index() < 0) return;
    if (a.base_type() == reflection::Obj || a.element() == reflection::Obj)
      compare(last_part(object(before_, a).name()), object(before_, a), object(after_, b));
    else
      compare_enums(a, b);
  }

  void compare_enums(const reflection::Type& a, const reflection::Type& b) {
    const reflection::Enum& old = *before_.enums()->Get(static_cast<uint32_t>(a.index()));
    const reflection::Enum& fresh = *after_.enums()->Get(static_cast<uint32_t>(b.index()));
    compare(last_part(old.name()), old, fresh);
  }

  void compare_added(const std::string& place, const Object& old, const Field& fresh) {
    if (named(old, fresh) != nullptr || at_slot(old, fresh) != nullptr) return;
    const std::string at = place + "." + fresh.name()->str();
    if (old.is_struct())
      found(at, "a struct grew", "a struct never changes: add a new one, in a field of its own");
    else if (fresh.required() || has_mark(fresh, "needed"))
      changed(at, "it is new and needed, and history has none",
            "let it be left out, and refuse new commands without it in the handler");
    else if (reading_ == Reading::views && !can_be_absent(fresh))
      found(at, "it is new, and would be read as if it had been left out", "fold the views again");
  }

  static bool can_be_absent(const Field& field) {
    const BaseType base = field.type()->base_type();
    return base <= reflection::Double ? field.optional()
                                      : base == reflection::String || base == reflection::Obj;
  }

  const Schema& before_;
  const Schema& after_;
  const Reading reading_;
  std::set<std::pair<const void*, const void*>> seen_;
  std::vector<SchemaChange> changes_;
  bool is_event_ = false;  // below the union Event
  std::string event_;      // which member
};

Result<const Schema*> verified(Bytes schema) {
  flatbuffers::Verifier verifier(schema.data(), schema.size());
  if (schema.data() != nullptr && reflection::VerifySchemaBuffer(verifier))
    return reflection::GetSchema(schema.data());
  return stop("schema_invalid", "it is no binary schema (.bfbs)");
}

}  // namespace

Result<std::vector<SchemaChange>> misreading_changes(Bytes before, Bytes after) {
  TRY(const Schema* const old, verified(before));
  TRY(const Schema* const fresh, verified(after));
  return Comparison(*old, *fresh, Reading::history).run({"Command", "Event", "Rejection"});
}

Result<std::vector<SchemaChange>> view_misreadings(Bytes before, Bytes after) {
  TRY(const Schema* const old, verified(before));
  TRY(const Schema* const fresh, verified(after));
  return Comparison(*old, *fresh, Reading::views).run({"View"});
}

std::string text_of_changes(std::string_view domain, const std::vector<SchemaChange>& changes) {
  std::string text;
  for (const SchemaChange& change : changes)
    text += std::string(domain) + ": " + change.place + ": " + change.what + "; " + change.remedy +
            "\n";
  return text;
}

}  // namespace spate
