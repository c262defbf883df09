// A manifest is a small text file; a change is a new file, and the old one goes when it is durable.
#include "engine/log/manifest.hpp"

#include <charconv>
#include <cstdio>
#include <sstream>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

//   manifest := "spate log " format "\n" "id " hex32 "\n" "incarnation " number "\n"
//               ("domain " number " " name " " partitions "\n")* "crc " hex8 "\n"
// The crc is CRC32C over all lines before it. Files are named MANIFEST.1, MANIFEST.2, …
constexpr int manifest_format = 1;
constexpr std::size_t manifest_bytes_max = 1 << 20;
constexpr std::string_view name_prefix = "MANIFEST.";

std::string hex(const char* format, unsigned long long value) {
  char text[32];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string written(const Manifest& manifest) {
  std::string text = "spate log " + std::to_string(manifest_format) + "\n";
  text += "id " + hex("%016llx", manifest.identity.id.hi) + hex("%016llx", manifest.identity.id.lo);
  text += "\nincarnation " + std::to_string(manifest.identity.incarnation) + "\n";
  for (const DomainPlace& d : manifest.domains)
    text += "domain " + std::to_string(d.number) + " " + d.name + " " +
            std::to_string(d.partitions) + "\n";
  return text + "crc " + hex("%08llx", crc32c(as_bytes(text))) + "\n";
}

enum class Reading { whole, broken, other_format };

Reading parse(const std::string& text, Manifest& manifest) {
  const std::size_t crc_at = text.rfind("crc ");
  if (crc_at == std::string::npos) return Reading::broken;
  const uint32_t crc = crc32c(as_bytes(std::string_view(text).substr(0, crc_at)));
  if (text.substr(crc_at) != "crc " + hex("%08llx", crc) + "\n") return Reading::broken;
  std::istringstream lines(text.substr(0, crc_at));
  std::string word, log, id;
  int format = 0;
  lines >> word >> log >> format;
  if (word != "spate" || log != "log") return Reading::broken;
  if (format != manifest_format) return Reading::other_format;
  lines >> word >> id >> word >> manifest.identity.incarnation;
  CommandId number;
  if (!from_hex(id, number)) return Reading::broken;
  manifest.identity.id = {number.hi, number.lo};
  DomainPlace place;
  while (lines >> word >> place.number >> place.name >> place.partitions)
    manifest.domains.push_back(place);
  return Reading::whole;
}

Result<std::string> text_of(Storage& storage, const std::string& name) {
  TRY(auto file, storage.open(name, OpenMode::read));
  TRY(const uint64_t size, file->size());
  std::string text(std::min<uint64_t>(size, manifest_bytes_max), '\0');
  TRY(const std::size_t n, file->read(0, {reinterpret_cast<uint8_t*>(text.data()), text.size()}));
  text.resize(n);
  return text;
}

struct Found {
  uint64_t version = 0;  // 0 = none
  Manifest manifest;
  std::vector<std::string> superseded;  // older ones, and newer ones that never became whole
};

std::vector<uint64_t> versions(const std::vector<std::string>& names) {
  std::vector<uint64_t> found;
  for (const std::string& name : names) {
    uint64_t version = 0;
    const char* digits = name.data() + std::min(name.size(), name_prefix.size());
    const char* end = name.data() + name.size();
    if (name.starts_with(name_prefix) && std::from_chars(digits, end, version).ptr == end)
      found.push_back(version);
  }
  std::sort(found.rbegin(), found.rend());
  return found;
}

std::string manifest_name(uint64_t version) {
  return std::string(name_prefix) + std::to_string(version);
}

Result<Found> newest(Storage& storage) {
  TRY(const auto names, storage.list());
  Found found;
  for (const uint64_t version : versions(names)) {
    const std::string name = manifest_name(version);
    if (found.version != 0) {
      found.superseded.push_back(name);
      continue;
    }
    TRY(const std::string text, text_of(storage, name));
    Manifest manifest;
    switch (parse(text, manifest)) {
      case Reading::other_format:
        return stop("log_format", storage.directory() + "/" + name +
                                      " was made by another version of spate: " +
                                      text.substr(0, text.find('\n')) +
                                      "; use that version, nothing was changed");
      case Reading::whole:
        found.version = version;
        found.manifest = std::move(manifest);
        break;
      case Reading::broken:
        found.superseded.push_back(name);
    }
  }
  return found;
}

Result<void> write_manifest(Storage& storage, uint64_t version, const Manifest& manifest) {
  TRY(auto file, storage.open(manifest_name(version), OpenMode::create));
  TRY(file->write(0, as_bytes(written(manifest))));
  TRY(file->sync());
  return storage.sync_directory();
}

Result<bool> add_missing(Manifest& manifest, const std::vector<WantedDomain>& wanted,
                         const std::string& directory) {
  bool added = false;
  for (const WantedDomain& want : wanted) {
    uint16_t number = 1;
    const DomainPlace* place = nullptr;
    for (const DomainPlace& d : manifest.domains) {
      number = std::max<uint16_t>(number, d.number + 1);
      if (d.name == want.name) place = &d;
    }
    if (place == nullptr) {
      manifest.domains.push_back({want.name, number, want.partitions});
      added = true;
    } else if (!want.is_default && place->partitions != want.partitions) {
      return stop("partition_count",
                  directory + " was made with " + std::to_string(place->partitions) +
                      " partitions of " + want.name + ", now " + std::to_string(want.partitions) +
                      " are asked for: the count is fixed; ask for " +
                      std::to_string(place->partitions) + ", or use a new directory");
    }
  }
  return added;
}

}  // namespace

Result<Manifest> open_manifest(Storage& storage, const std::vector<WantedDomain>& wanted,
                               const LogIdentity& fresh) {
  TRY(Found found, newest(storage));
  uint64_t highest = found.version;
  if (found.version == 0) found.manifest.identity = fresh;
  TRY(const bool added, add_missing(found.manifest, wanted, storage.directory()));
  for (const std::string& name : found.superseded) {
    highest = std::max(highest, versions({name})[0]);
    TRY(storage.remove(name));
  }
  if (found.version != 0 && !added) return std::move(found.manifest);
  TRY(write_manifest(storage, highest + 1, found.manifest));
  if (found.version != 0) TRY(storage.remove(manifest_name(found.version)));
  return std::move(found.manifest);
}

Result<void> check_manifest(Storage& storage, const std::vector<WantedDomain>& wanted) {
  TRY(Found found, newest(storage));
  TRY(add_missing(found.manifest, wanted, storage.directory()));
  return {};
}

Result<void> make_manifest(Storage& storage, const Manifest& manifest) {
  return write_manifest(storage, 1, manifest);
}

Result<Manifest> read_manifest(Storage& storage) {
  TRY(Found found, newest(storage));
  if (found.version == 0)
    return stop("no_log",
                storage.directory() +
                    " holds no whole MANIFEST file, so no log: is it the right directory?");
  return std::move(found.manifest);
}

}  // namespace spate
