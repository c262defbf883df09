// In-memory rows and views for domain tests, built to catch what the real stores would punish.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/api/audit.hpp"

namespace spate {

/// Keyed values. Every write moves all of them and spoils their old places, so that a handler that
/// keeps a pointer across a write reads rubbish here and not in production.
class ShiftingStore {
 public:
  Bytes find(const std::string& key) const;
  /// Zeroed when new. Requires: an existing value has this size.
  uint8_t* edit(const std::string& key, std::size_t size);
  void put(const std::string& key, Bytes value);
  void erase(const std::string& key);
  void clear();
  const std::map<std::string, std::pair<std::shared_ptr<uint64_t[]>, std::size_t>>& all() const {
    return values_;
  }
  /// All keys and values, for comparing two stores byte by byte.
  std::map<std::string, std::string> dump() const;

 private:
  void shift();
  std::map<std::string, std::pair<std::shared_ptr<uint64_t[]>, std::size_t>> values_;
  std::vector<std::shared_ptr<uint64_t[]>> spoilt_;
};

/// Rows of one stream. Only what was named may be touched (C4), and only `evolve` may write.
class MemoryRows final : public RowAccess {
 public:
  enum class Mode { reading, writing };
  void allow(const std::vector<RowName>& names, Mode mode);

  Bytes find(RowName name) override;
  uint8_t* edit(RowName name, std::size_t size) override;
  void put(RowName name, Bytes value) override;
  void erase(RowName name) override;
  std::map<std::string, std::string> dump() const { return store_.dump(); }

 private:
  std::string key(RowName name) const;
  std::string written_key(RowName name) const;
  ShiftingStore store_;
  std::set<std::string> named_;
  Mode mode_ = Mode::reading;
};

/// Views of many streams; gathered views are kept once for all streams.
class MemoryViewAccess final : public ViewAccess {
 public:
  explicit MemoryViewAccess(const ProjectionTable& projection) : projection_(projection) {}
  void turn_to(std::string stream) { stream_ = std::move(stream); }

  Bytes find(ViewName name) override { return store_.find(key(name)); }
  uint8_t* edit(ViewName name) override;
  void put(ViewName name, Bytes value) override { store_.put(key(name), value); }
  void erase(ViewName name) override { store_.erase(key(name)); }
  std::map<std::string, std::string> dump() const { return store_.dump(); }
  /// Keys and values of one kind of item view of the current stream.
  std::vector<std::pair<std::string, Bytes>> items(uint8_t view) const;

 private:
  std::string key(ViewName name) const;
  const ProjectionTable& projection_;
  std::string stream_;
  ShiftingStore store_;
};

/// The views of one stream of a MemoryViewAccess as an audit sees them.
class MemoryStoredViews final : public StoredViews {
 public:
  explicit MemoryStoredViews(MemoryViewAccess& views) : views_(views) {}
  Bytes find(ViewName name) const override { return views_.find(name); }
  void each(uint8_t view,
            const std::function<void(std::string_view, Bytes)>& visit) const override {
    for (const auto& [key, value] : views_.items(view)) visit(key, value);
  }

 private:
  MemoryViewAccess& views_;
};

}  // namespace spate
