// The schema that the codec's tests share: every kind of field, small.
#pragma once
#include <gtest/gtest.h>

#include "engine/codec/field_faults.hpp"
#include "engine/codec/json.hpp"
#include "tests/support/schema_text.hpp"

namespace spate::test {

inline constexpr std::string_view toy_schema = R"(
include "attributes.fbs";
namespace spate.toys;
enum Colour : ubyte { red = 1, green = 2, blue = 3 }
table Discount (one_of:"percent|amount_minor+currency") {
  percent:ubyte = null (id:0, min:1, max:100);
  amount_minor:long = null (id:1, money, min:1);
  currency:string (id:2, currency);
}
table Answer (json_union:"string|number|strings") {
  text:string (id:0, max_bytes:10);
  number:double = null (id:1);
  items:[string] (id:2, min_items:1, max_items:3, max_bytes:10);
}
table Part {
  sku:string (id:0, needed, ident);
  count:ushort = 1 (id:1, min:1, max:10000);
}
/// Makes one of everything.
table Make {
  name:string (id:0, needed, ident);
  stock:ulong = null (id:1, needed, max:1000000000);
  /// How many.
  count:uint = 1 (id:2, min:1, max:1000000);
  at:long = null (id:3, time);
  title:string (id:4, max_bytes:10);
  colour:Colour = null (id:5);
  flag:bool = null (id:6);
  ratio:double = 0 (id:7, min:0, max:10);
  price:long = null (id:8, money, max:"9223372036854775807");
  delta:short = 0 (id:9);
  discount:Discount (id:10);
  answer:Answer (id:11, secret);
  parts:[Part] (id:12, max_items:3, distinct:"sku");
  tags:[string] (id:13, min_items:1, max_items:4, distinct, ident);
  numbers:[int] (id:14, max_items:5, min:-5, max:5, distinct);
  wide:ulong = null (id:15);
}
/// Answers.
table Reply { answer:Answer (id:0, needed); }
table Tick {}
union Command { Make = 1, Reply = 2, Tick = 3 }
table Made { name:string (id:0); price:ulong (id:1); secret_key:string (id:2, secret);
  tags:[string] (id:3); at:long = null (id:4, time);
  discount:Discount (id:5); answer:Answer (id:6); colour:Colour = red (id:7); }
table RefundDue { amount_minor:long (id:0, money); }
union Event { Made = 1, RefundDue = 2 }
enum Rejection : ushort {
  /// It was made before. Choose another name.
  already_made = 1,
  too_late = 2
}
struct ToyRow { made:ulong; }
union Row { ToyRow = 1 }
enum State : ubyte { idle = 0, busy = 1 }
table Toy (stream_view) { toy:string (id:0, key); state:State = null (id:1, derived);
  made:ulong (id:2); hidden:bool (id:3, secret); colour:Colour = red (id:4, filter); }
table ToyPart (item_view:"parts", unlisted) { sku:string (id:0, key); first_at:long (id:1, time); }
table Maker (gathered_view:"makers", newest_first) { maker:string (id:0, key); toys:ulong (id:1); }
union View { Toy = 1, ToyPart = 2, Maker = 3 }
)";

/// A catalog of the toys alone, and a reader.
class Toys : public ::testing::Test {
 protected:
  Toys() : domain_("toys", toy_schema) {
    auto loaded = Catalog::load({&domain_.domain, 1});
    if (!loaded) throw std::runtime_error(loaded.error().detail);
    catalog_ = std::move(*loaded);
  }
  const DomainPlan& plan() const { return catalog_->domains().front(); }
  const CommandPlan& command(std::string_view name) const { return *plan().command(name); }

  /// The command as members of an object, or its faults as `pointer: detail` lines.
  std::string read(std::string_view name, std::string_view json) {
    FieldFaults faults;
    const auto parsed = reader_.read(plan(), command(name), json, faults);
    if (!parsed) return lines(faults);
    fingerprint_ = parsed->fingerprint;
    payload_.assign(as_text(parsed->payload));
    return fields(*command(name).table, parsed->payload);
  }
  static std::string lines(const FieldFaults& faults) {
    std::string text;
    for (const FieldFault& f : faults) text += f.pointer + ": " + f.detail + '\n';
    return text;
  }
  static std::string fields(const TablePlan& table, Bytes payload) {
    std::string text;
    JsonWriter out(text);
    out.begin_object();
    write_fields(table, payload, nullptr, out);
    out.end_object();
    return text;
  }

  ToyDomain domain_;
  std::unique_ptr<Catalog> catalog_;
  CommandReader reader_;
  uint64_t fingerprint_ = 0;
  std::string payload_;
};

}  // namespace spate::test
