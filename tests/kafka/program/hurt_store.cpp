// hurt_store: turns a bit of one row, or one view, of a stopped node where no checksum sees it.
//
//   hurt_store DATA rows|views STREAM      the campaign's own row, or its view in generation 1
#include <cstdio>

#include "engine/projector/rocks_views.hpp"
#include "engine/state/rocks_state.hpp"
#include "engine/state/row_key.hpp"

namespace spate {
namespace {

constexpr uint8_t campaign = 1;  // of the union Row, and of View
constexpr uint16_t domains_max = 32, partitions_max = 64;

/// What it was goes on being what was recorded.
Result<bool> hurt_row(RocksStateStores& stores, PartitionId id, std::string_view stream) {
  const auto store = stores.partition(id);
  TRY(const auto at, store->checkpoint());
  if (!at) return false;
  std::string key;
  row_key(campaign, stream, {}, key);
  const std::string_view wanted = key;
  std::vector<std::optional<std::string>> values;
  TRY(store->get({&wanted, 1}, values));
  if (!values[0]) return false;
  values[0]->front() ^= 1;
  const RowWrite write{key, as_bytes(*values[0])};
  TRY(store->write({&write, 1}, *at));
  return true;
}

Result<bool> hurt_view(RocksViews& store, PartitionId id, std::string_view stream) {
  TRY(const auto at, store.checkpoint(id));
  if (!at) return false;
  std::string key, value;
  view_key(id, ViewScope::stream, {campaign, {}}, stream, key);
  TRY(const bool found, store.get(key, value));
  if (!found) return false;
  value.back() ^= 1;
  const ViewWrite write{key, as_bytes(value)};
  TRY(store.write(id, {&write, 1}, *at));
  return true;
}

Result<bool> hurt(const std::string& data, std::string_view what, std::string_view stream) {
  const auto each = [](const auto& hurt_one) -> Result<bool> {
    for (uint16_t domain = 0; domain < domains_max; ++domain)
      for (uint16_t index = 0; index < partitions_max; ++index) {
        TRY(const bool hurt, hurt_one(PartitionId{domain, index}));
        if (hurt) return true;
      }
    return false;
  };
  if (what == "rows") {
    TRY(const auto stores, RocksStateStores::open(data + "/rows"));
    TRY(const bool hurt, each([&](PartitionId id) { return hurt_row(*stores, id, stream); }));
    TRY(stores->close());
    return hurt;
  }
  TRY(const auto store, RocksViews::open(data + "/views", {}));
  TRY(const bool hurt, each([&](PartitionId id) { return hurt_view(*store, id, stream); }));
  TRY(store->flush());
  return hurt;
}

}  // namespace
}  // namespace spate

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  const auto done = spate::hurt(argv[1], argv[2], argv[3]);
  if (done && *done) return 0;
  std::fprintf(stderr, "%s\n", done ? "nothing of that stream is stored" : done.error().detail.c_str());
  return 1;
}
