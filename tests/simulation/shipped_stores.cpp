// The position, then keys and values, each behind its length; a file's hash says that all is there.
#include "tests/simulation/shipped_stores.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/ensure.hpp"

namespace spate {
namespace {

static_assert(std::is_trivially_copyable_v<Checkpoint>);

void put(std::string& text, std::string_view piece) {
  const uint64_t size = piece.size();
  text.append(reinterpret_cast<const char*>(&size), sizeof size).append(piece);
}

/// The pieces of a text one after another.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : text_(text) {}
  bool any() const { return !text_.empty(); }
  std::string_view next() {
    uint64_t size = 0;
    ENSURE(text_.size() >= sizeof size);
    std::memcpy(&size, text_.data(), sizeof size);
    ENSURE(text_.size() - sizeof size >= size);
    const std::string_view piece = text_.substr(sizeof size, size);
    text_.remove_prefix(sizeof size + size);
    return piece;
  }
  Checkpoint position() {
    Checkpoint at;
    const std::string_view piece = next();
    ENSURE(piece.size() == sizeof at);
    std::memcpy(static_cast<void*>(&at), piece.data(), sizeof at);
    return at;
  }

 private:
  std::string_view text_;
};

void put(std::string& text, const Checkpoint& at) {
  put(text, {reinterpret_cast<const char*>(&at), sizeof at});
}

}  // namespace

Result<void> put_file(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) return stop("file_failed", "writing " + path);
  return {};
}

std::string file_below(const std::string& folder, const std::string& begin) {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    if (!entry.path().filename().string().starts_with(begin)) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  return {};
}

Result<std::string> text_of_rows(StateStore& store) {
  std::string text;
  TRY(const auto at, store.checkpoint());
  if (!at) return text;
  put(text, *at);
  TRY(store.each([&](std::string_view key, Bytes value) {
    put(text, key);
    put(text, as_text(value));
  }));
  return text;
}

Result<void> rows_from_text(const std::string& text, StateStore& store) {
  if (text.empty()) return {};
  Pieces pieces(text);
  const Checkpoint at = pieces.position();
  std::vector<RowWrite> rows;
  while (pieces.any()) {
    const std::string_view key = pieces.next();
    rows.push_back({key, as_bytes(pieces.next())});
  }
  return store.write(rows, at);
}

Result<std::string> text_of_views(ViewStore& store, PartitionId partition) {
  std::string text;
  const auto snapshot = store.snapshot();
  TRY(const auto at, snapshot->checkpoint(partition));
  if (!at) return text;
  put(text, *at);
  const auto cursor = snapshot->scan(domain_range(partition.domain));
  for (; cursor->valid(); cursor->next()) {
    if (partition_in(cursor->key()) != partition) continue;
    put(text, cursor->key());
    put(text, as_text(cursor->value()));
  }
  TRY(cursor->status());
  return text;
}

Result<void> views_from_text(const std::string& text, PartitionId partition, ViewStore& store) {
  if (text.empty()) return {};
  Pieces pieces(text);
  const Checkpoint at = pieces.position();
  std::vector<ViewWrite> views;
  while (pieces.any()) {
    const std::string_view key = pieces.next();
    views.push_back({key, as_bytes(pieces.next())});
  }
  TRY(store.write(partition, views, at));
  return store.flush();
}

}  // namespace spate
