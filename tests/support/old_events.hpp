// A domain whose event has three versions: what readers make of history that others wrote.
#pragma once
#include <stdexcept>

#include "engine/codec/catalog.hpp"
#include "tests/support/schema_text.hpp"

namespace spate::test {

inline constexpr std::string_view meters_schema = R"(
include "attributes.fbs";
namespace spate.meters;
table Read { value:uint = null (id:0, needed); }
union Command { Read = 1 }
/// The meter went on, in whole units.
table Counted { units:ulong (id:0); }
/// The same in thousandths.
table CountedV2 { milli:ulong (id:0); }
/// The same as text.
table CountedV3 { amount:string (id:0, required); }
union Event { Counted = 1, CountedV2 = 2, CountedV3 = 3 }
enum Rejection : ushort { no = 1 }
struct MeterRow { value:ulong; }
union Row { MeterRow = 1 }
table Meter (stream_view) { meter:string (id:0, key); value:ulong (id:1); }
union View { Meter = 1 }
)";

/// An event of the first or second version.
inline std::string counted(uint64_t number) {
  flatbuffers::FlatBufferBuilder builder;
  const auto start = builder.StartTable();
  builder.AddElement<uint64_t>(4, number, 0);
  builder.Finish(flatbuffers::Offset<flatbuffers::Table>(builder.EndTable(start)));
  return {reinterpret_cast<const char*>(builder.GetBufferPointer()), builder.GetSize()};
}
inline uint64_t number_of(Bytes payload) {
  return flatbuffers::GetRoot<flatbuffers::Table>(payload.data())->GetField<uint64_t>(4, 0);
}

/// Numbers at which the upcasters fail, each in its own way.
inline constexpr uint64_t breaks_an_ensure = 13, throws = 14, returns_garbage = 15;

inline bool counted_v2(Bytes payload, flatbuffers::FlatBufferBuilder& next) {
  const std::string made = counted(number_of(payload) * 1000);
  next.PushFlatBuffer(reinterpret_cast<const uint8_t*>(made.data()), made.size());
  return true;
}
inline bool counted_v3(Bytes payload, flatbuffers::FlatBufferBuilder& next) {
  const uint64_t units = number_of(payload) / 1000;
  ENSURE(units != breaks_an_ensure);
  if (units == throws) throw std::runtime_error("no such number");
  const auto text = next.CreateString(std::to_string(units) + " units");
  const auto start = next.StartTable();
  next.AddOffset(4, text);
  next.Finish(flatbuffers::Offset<flatbuffers::Table>(next.EndTable(start)));
  return units != returns_garbage;
}

inline constexpr UpcastStep meter_upcasts[] = {
    {}, {&counted_v2, 2, "Counted", "CountedV2"}, {&counted_v3, 3, "CountedV2", "CountedV3"}};

/// The domain and its plan.
struct Meters : ToyDomain {
  Meters() : ToyDomain("meters", meters_schema) {
    handler.upcasts = meter_upcasts;
    auto loaded = Catalog::load({&domain, 1});
    if (!loaded) throw std::runtime_error(loaded.error().detail);
    catalog = std::move(*loaded);
  }
  const DomainPlan& plan() const { return catalog->domains().front(); }
  std::unique_ptr<Catalog> catalog;
};

}  // namespace spate::test
