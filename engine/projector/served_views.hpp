// ServedViews: what readers see: of each domain the generation that serves it, which can change.
#pragma once
#include <array>
#include <atomic>
#include <vector>

#include "engine/projector/projected_views.hpp"

namespace spate {

/// A reader takes no lock: it leaves a mark while it reads, so that a generation is destroyed only
/// when nobody can still be reading it.
class ServedViews final : public ViewReader {
 public:
  explicit ServedViews(const Topology& topology);

  /// Readers move there with their next call. The caller sees to it that no position steps back.
  /// Before the first reader: once for each domain. One thread at a time.
  void serve(uint16_t domain, ProjectedViews& views);
  ProjectedViews& of(uint16_t domain) const { return *of_[domain].load(); }
  /// Rung by every generation that may serve: `views.on_advance(&served.bell())`.
  Bell& bell() { return bell_; }

  /// Whether all who read when it was made are done by now. One thread.
  class Farewell {
   public:
    explicit Farewell(const ServedViews& views) : views_(&views) {}
    bool over();

   private:
    const ServedViews* views_;
    std::size_t seen_ = 0;  // marks below were seen unset since
  };

  // Any thread.
  Sequence position(PartitionId partition) const override;
  bool whole(PartitionId partition) const override;
  std::string stopped(PartitionId partition) const override;
  Result<bool> get(const ViewAddress& address, std::string& value) override;
  Result<std::vector<std::string>> gather(uint16_t domain, uint8_t view,
                                          std::string_view key) override;
  Result<ListPage> list(const ListQuery& query) override;
  void on_advance(Bell* bell) override { bell_.readers.add(bell); }

 private:
  struct alignas(64) Mark {  // how many threads of those that share it are reading
    std::atomic<uint32_t> readers{0};
  };
  static constexpr std::size_t marks_count = 64;
  class Reading;
  struct ReaderBell final : Bell {
    void ring() override { readers.ring(); }
    BellList readers;
  };
  Mark& mark_of_this_thread() const;

  std::vector<std::atomic<ProjectedViews*>> of_;  // by the domain's number
  mutable std::array<Mark, marks_count> marks_;
  ReaderBell bell_;
};

}  // namespace spate
