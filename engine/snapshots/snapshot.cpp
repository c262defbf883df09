// A small text file, so that people can read what a snapshot holds; its last line is a checksum.
#include "engine/snapshots/snapshot.hpp"

#include <algorithm>
#include <cstdio>
#include <sstream>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

//   file := "spate snapshot 1\n" "log " hex32 " " incarnation "\n" "taken " ns "\n"
//           ("domain " number " " name " " partitions "\n")*
//           ("partition " domain " " index " " epoch " " sequence " " cause " " command " " time " "
//            chain "\n")*
//           ("segment " number " " first_group " " last_group " " hex32 " " settled "\n")*
//           ("file " bytes " " hex32 " " path "\n")*
//           "crc " hex8 "\n"
// Numbers are decimal; the crc is CRC32C over all lines before it.
constexpr int snapshot_format = 1;

std::string crc_line(std::string_view text) {
  char line[16];
  std::snprintf(line, sizeof line, "crc %08x\n", static_cast<unsigned>(crc32c(as_bytes(text))));
  return line;
}

/// A path of ours: two names, neither of which leads anywhere else.
bool is_path(const std::string& path) {
  const std::size_t slash = path.find('/');
  return slash != std::string::npos && slash > 0 && slash + 1 < path.size() &&
         path.find('/', slash + 1) == std::string::npos && !path.starts_with('.') &&
         path[slash + 1] != '.';
}

std::string to_hex(const Hash128& hash) { return spate::to_hex(CommandId{hash.hi, hash.lo}); }

bool read_hash(std::istream& in, Hash128& hash) {
  std::string hex;
  CommandId id;
  if (!(in >> hex) || !from_hex(hex, id)) return false;
  hash = {id.hi, id.lo};
  return true;
}

bool read_partition(std::istream& in, PartitionState& p) {
  return static_cast<bool>(in >> p.id.domain >> p.id.index >> p.epoch.value >>
                           p.tail.sequence.value >> p.tail.cause.value >> p.tail.command.value >>
                           p.tail.time.ns >> p.tail.chain);
}

bool read_line(const std::string& line, Snapshot& snapshot) {
  std::istringstream in(line);
  std::string word;
  in >> word;
  if (word == "log") return read_hash(in, snapshot.log.id) && in >> snapshot.log.incarnation;
  if (word == "taken") return static_cast<bool>(in >> snapshot.taken.ns);
  if (word == "domain") {
    DomainPlace& d = snapshot.domains.emplace_back();
    return static_cast<bool>(in >> d.number >> d.name >> d.partitions);
  }
  if (word == "partition") return read_partition(in, snapshot.partitions.emplace_back());
  if (word == "segment") {
    SnapshotSegment& s = snapshot.segments.emplace_back();
    return in >> s.segment >> s.first_group >> s.last_group && read_hash(in, s.last_hash) &&
           in >> s.settled;
  }
  SnapshotFile file;
  std::string path;
  if (word != "file" || !(in >> file.bytes) || !read_hash(in, file.hash) || !(in >> path))
    return false;
  return is_path(path) && snapshot.files.emplace(path, file).second;
}

/// What is said of segments and partitions belongs together.
bool is_consistent(const Snapshot& s) {
  const Topology topology(s.domains);
  if (s.segments.empty() || s.segments.back().settled) return false;
  if (s.partitions.size() != topology.partitions().size()) return false;
  for (std::size_t i = 0; i < s.partitions.size(); ++i)
    if (s.partitions[i].id != topology.partitions()[i]) return false;
  for (std::size_t i = 0; i < s.segments.size(); ++i)
    if (s.segments[i].segment != i + 1 || !s.files.contains(segment_path(i + 1))) return false;
  return true;
}

}  // namespace

uint64_t Snapshot::bytes() const {
  uint64_t sum = 0;
  for (const auto& [path, file] : files) sum += file.bytes;
  return sum;
}

uint64_t Snapshot::outcomes() const {
  uint64_t sum = 0;
  for (const PartitionState& p : partitions) sum += p.tail.sequence.value;
  return sum;
}

Instant Snapshot::newest() const {
  Instant newest;
  for (const PartitionState& p : partitions) newest = std::max(newest, p.tail.time);
  return newest;
}

std::string segment_path(uint64_t segment) { return "log/" + segment_name(segment); }
std::string index_path(uint64_t segment) { return "log/" + index_name(segment); }

std::string to_text(const Snapshot& s) {
  std::ostringstream out;
  out << "spate snapshot " << snapshot_format << "\n"
      << "log " << to_hex(s.log.id) << " " << s.log.incarnation << "\ntaken " << s.taken.ns << "\n";
  for (const DomainPlace& d : s.domains)
    out << "domain " << d.number << " " << d.name << " " << d.partitions << "\n";
  for (const PartitionState& p : s.partitions)
    out << "partition " << p.id.domain << " " << p.id.index << " " << p.epoch.value << " "
        << p.tail.sequence.value << " " << p.tail.cause.value << " " << p.tail.command.value << " "
        << p.tail.time.ns << " " << p.tail.chain << "\n";
  for (const SnapshotSegment& g : s.segments)
    out << "segment " << g.segment << " " << g.first_group << " " << g.last_group << " "
        << to_hex(g.last_hash) << " " << g.settled << "\n";
  for (const auto& [path, file] : s.files)
    out << "file " << file.bytes << " " << to_hex(file.hash) << " " << path << "\n";
  const std::string text = out.str();
  return text + crc_line(text);
}

Result<Snapshot> snapshot_of(const std::string& text, const std::string& path) {
  const std::string title = text.substr(0, text.find('\n'));
  const std::size_t crc_at = text.rfind("crc ");
  if (crc_at == std::string::npos || text.substr(crc_at) != crc_line(text.substr(0, crc_at)))
    return stop("snapshot_damaged",
                path + " fails its checksum: this snapshot cannot be trusted, use another one");
  if (title != "spate snapshot " + std::to_string(snapshot_format))
    return stop("snapshot_format", path + " was made by another version of spate: " + title +
                                       "; use that version, nothing was changed");
  std::istringstream lines(text.substr(title.size() + 1, crc_at - title.size() - 1));
  Snapshot snapshot;
  bool whole = true;
  for (std::string line; whole && std::getline(lines, line);) whole = read_line(line, snapshot);
  if (whole && is_consistent(snapshot)) return snapshot;
  return stop("snapshot_damaged", path + " contradicts itself: use another snapshot");
}

}  // namespace spate
