// RocksGenerations: generations of views as directories below DATA/views, beside the plan of them.
#pragma once
#include "engine/projector/rocks_views.hpp"
#include "engine/replay/generation_home.hpp"

namespace spate {

//   DATA/views/plan     see generation_plan.cpp; missing: generation 1 serves everything
//   DATA/views/<n>/     the store of generation n
//   DATA/views/<n>.breadcrumbs   what was being folded into it when the process died
//   DATA/views/digests/<n>/DOMAIN-INDEX   journals of it
class RocksGenerations final : public GenerationHome {
 public:
  /// `limits`: of the first store; the others share its block cache, have write buffers of their
  /// own and compact from the start. `disk_free_bytes_min`: left to the log, whatever is rebuilt.
  RocksGenerations(std::string directory, RocksViewsLimits limits,
                   std::size_t further_write_buffer_bytes, uint64_t disk_free_bytes_min)
      : directory_(std::move(directory)),
        limits_(limits),
        further_write_buffer_bytes_(further_write_buffer_bytes),
        disk_free_bytes_min_(disk_free_bytes_min) {}

  Result<std::string> plan() override;
  Result<void> save_plan(const std::string& text) override;
  Result<std::vector<uint32_t>> present() override;
  /// The first one opened lends its block cache to the others, and is never removed.
  Result<std::unique_ptr<ViewStore>> open(uint32_t number) override;
  std::string journals_of(uint32_t number) const override {
    return directory_ + "/digests/" + std::to_string(number);
  }
  Result<void> remove(uint32_t number) override;
  Result<void> check_room_for_another() override;
  Result<void> check_room_to_go_on() override;

  /// What `compacts_later` put off begins. Any thread, once the first one is open.
  Result<void> compact() { return first_ == nullptr ? Result<void>{} : first_->compact(); }

  std::string path_of(uint32_t number) const { return directory_ + "/" + std::to_string(number); }
  std::string breadcrumbs_of(uint32_t number) const { return path_of(number) + ".breadcrumbs"; }

  /// What an operator must know of the stores opened so far: some were rotten.
  const std::vector<std::string>& notes() const { return notes_; }

 private:
  Result<void> check_room(uint64_t wanted, const std::string& what) const;

  const std::string directory_;
  const RocksViewsLimits limits_;
  const std::size_t further_write_buffer_bytes_;
  const uint64_t disk_free_bytes_min_;
  RocksViews* first_ = nullptr;
  std::vector<std::string> notes_;
};

}  // namespace spate
