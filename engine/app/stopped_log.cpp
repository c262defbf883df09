// The manifest says which domains there are, so nothing is added to the directory.
#include "engine/app/stopped_log.hpp"

#include <filesystem>

#include "engine/log/manifest.hpp"

namespace spate {

Result<std::unique_ptr<StoppedLog>> StoppedLog::open(const std::string& data) {
  std::error_code error;
  if (!std::filesystem::is_directory(data + "/log", error)) {
    if (std::filesystem::is_directory(data + "/kafka", error))
      return stop("no_log", data + " is the directory of a node whose log is Kafka: give the brokers "
                                   "with --kafka");
    return stop("no_log", data + " holds no log: give the --data DIR that the server was given");
  }
  std::unique_ptr<StoppedLog> opened(new StoppedLog);
  TRY(opened->storage_, PosixStorage::at(data + "/log"));
  TRY(const Manifest manifest, read_manifest(*opened->storage_));
  SegmentLogOptions options;
  for (const DomainPlace& place : manifest.domains)
    options.domains.push_back({place.name, place.partitions});
  TRY(opened->log_, SegmentLog::open(*opened->storage_, opened->clock_, std::move(options)));
  return opened;
}

}  // namespace spate
