// What scans tell: as JSON, as metrics.
#include "engine/app/live_scan.hpp"
#include "engine/codec/rfc3339.hpp"

namespace spate {

std::string LiveScan::status() const {
  const std::lock_guard lock(mutex_);
  static constexpr const char* stages[] = {"none", "running", "done", "differs", "failed"};
  std::string json;
  JsonWriter out(json);
  out.begin_object();
  out.member("stage", stages[static_cast<std::size_t>(stage_)]);
  if (stage_ != Stage::none) {
    const bool is_running = stage_ == Stage::running;
    const int64_t ns = is_running ? clock_.monotonic_ns() - began_ns_ : took_ns_;
    out.member("milliseconds", ns / 1'000'000);
    out.member("bytes_read", read_bytes_.get() - bytes_before_);
    write_scan(report_, out);
    out.member("reason", reason_);
  }
  out.key("last_completed");
  if (const int64_t at = completed_ns_; at != 0) out.string(to_rfc3339({at}));
  else out.null();
  out.end_object();
  return json;
}

void write_scan(const ScanReport& report, JsonWriter& out) {
  out.member("partitions", report.partitions);
  out.member("unrecorded", report.unrecorded);
  const auto texts = [&](std::string_view name, const std::vector<std::string>& list) {
    out.key(name);
    out.begin_array();
    for (const std::string& text : list) out.string(text);
    out.end_array();
  };
  std::vector<std::string> findings;
  for (const ScanFinding& finding : report.findings) findings.push_back(finding.text);
  texts("findings", findings);
  texts("notes", report.notes);
}

void LiveScan::add_metrics(std::vector<Sample>& out) const {
  const auto number = [](auto value) { return static_cast<double>(value); };
  if (const int64_t at = completed_ns_; at != 0)
    out.push_back({Metric::scan_completed, {}, number(at) / 1e9});
  out.push_back({Metric::scan_differences, {"rows"}, number(rows_differ_.load())});
  out.push_back({Metric::scan_differences, {"views"}, number(views_differ_.load())});
  out.push_back({Metric::scan_failed, {}, number(failed_.get())});
  out.push_back({Metric::scan_read_bytes, {}, number(read_bytes_.get())});
}

}  // namespace spate
