// An ordered map; a draft is an object under a name of its own until it is published.
#include "tests/support/simulated_depot.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>

namespace spate {

class SimulatedDepot::Draft final : public Writer {
 public:
  Draft(SimulatedDepot& depot, std::string name)
      : depot_(depot),
        name_(std::move(name)),
        draft_(name_ + "." + std::to_string(++depot.drafts_) + ".draft") {
    depot_.objects_[draft_] = {{}, depot_.now()};
  }
  ~Draft() override {
    if (!published_ && !depot_.killed) depot_.objects_.erase(draft_);
  }
  Result<void> append(Bytes bytes) override {
    TRY(depot_.call());
    if (!depot_.objects_.contains(draft_)) return stop("depot_failed", draft_ + " is gone");
    depot_.objects_[draft_].bytes += as_text(bytes);
    depot_.objects_[draft_].written_ns = depot_.now();
    return {};
  }
  Result<void> publish() override {
    TRY(depot_.call());
    const auto draft = depot_.objects_.extract(draft_);
    if (draft.empty()) return stop("depot_failed", draft_ + " is gone");
    depot_.objects_[name_] = {draft.mapped().bytes, depot_.now()};
    published_ = true;
    return {};
  }

 private:
  SimulatedDepot& depot_;
  const std::string name_, draft_;
  bool published_ = false;
};

class SimulatedDepot::Copy final : public Reader {
 public:
  Copy(SimulatedDepot& depot, std::string bytes) : depot_(depot), bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::span<uint8_t> into) override {
    TRY(depot_.call());
    const std::size_t count = std::min(into.size(), bytes_.size() - at_);
    std::memcpy(into.data(), bytes_.data() + at_, count);
    at_ += count;
    return count;
  }

 private:
  SimulatedDepot& depot_;
  const std::string bytes_;
  std::size_t at_ = 0;
};

Result<void> SimulatedDepot::call() {
  if (fails_one_in == 0 || !random_.one_in(fails_one_in)) return {};
  return stop("depot_failed", "the depot does not answer");
}

Result<std::vector<Depot::Object>> SimulatedDepot::list(const std::string& folder) {
  TRY(call());
  std::vector<Object> found;
  for (const auto& [name, stored] : objects_)
    if (name.starts_with(folder + "/"))
      found.push_back({name, stored.bytes.size(), now() - stored.written_ns});
  return found;
}

Result<std::unique_ptr<Depot::Writer>> SimulatedDepot::write(const std::string& name) {
  TRY(call());
  return std::make_unique<Draft>(*this, name);
}

Result<std::unique_ptr<Depot::Reader>> SimulatedDepot::read(const std::string& name) {
  TRY(call());
  const auto found = objects_.find(name);
  if (found == objects_.end()) return stop("object_missing", name + " is not there");
  return std::make_unique<Copy>(*this, found->second.bytes);
}

Result<void> SimulatedDepot::remove(const std::string& name) {
  TRY(call());
  objects_.erase(name);
  return {};
}

Result<bool> SimulatedDepot::renew(const std::string& name, uint64_t bytes) {
  TRY(call());
  const auto found = objects_.find(name);
  if (found == objects_.end() || found->second.bytes.size() != bytes) return false;
  found->second.written_ns = now();
  return true;
}

bool SimulatedDepot::rot() {
  if (objects_.empty()) return false;
  auto object = objects_.begin();
  std::advance(object, static_cast<int64_t>(random_.below(objects_.size())));
  std::string& bytes = object->second.bytes;
  if (bytes.empty() || random_.one_in(4)) objects_.erase(object);
  else if (random_.one_in(2)) bytes.resize(random_.below(bytes.size()));
  else bytes[random_.below(bytes.size())] ^= static_cast<char>(1 << random_.below(8));
  return true;
}

}  // namespace spate
