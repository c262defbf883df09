// A checkpoint's own object is text, so that an operator can read it:
//   checkpoint := "spate-checkpoint 1\n" "log " hi " " lo " " incarnation "\n"
//                 "taken " ms " " by "\n"
//                 ("partition " domain " " number " " index " offset " next " " tail " epoch " n
//                  " sequence " n " " chain " rows " n " ids " n " views " n "\n")*
//                 ("file " hash " " bytes " " path "\n")* "hash " hash-of-the-text-before "\n"
#include "engine/shipping/shipped_checkpoint.hpp"

#include <algorithm>
#include <sstream>

#include "engine/base/hash_stream.hpp"

namespace spate {
namespace {

constexpr std::string_view end_mark = "hash ";

std::string hex(const Hash128& hash) { return to_hex(CommandId{hash.hi, hash.lo}); }

bool from_hex_text(std::string_view text, Hash128& hash) {
  CommandId id;
  if (!from_hex(text, id)) return false;
  hash = {id.hi, id.lo};
  return true;
}

std::string hash_of(const std::string& text) {
  HashStream hash;
  hash.add(as_bytes(text));
  return hex(hash.end());
}

/// What could make a path reach elsewhere, or a line end early, is in no name of ours.
bool is_plain(std::string_view path) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '_' || c == '.' || c == '/';
  };
  return !path.empty() && path.front() != '/' && path.find("..") == std::string_view::npos &&
         std::all_of(path.begin(), path.end(), fits);
}

/// The word, then numbers.
bool take(std::istream& in, std::string_view word) {
  std::string found;
  return in >> found && found == word;
}

bool read_partition(std::istream& in, ShippedPartition& p) {
  return in >> p.domain >> p.id.domain >> p.id.index && take(in, "offset") &&
         in >> p.next_offset >> p.tail_offset && take(in, "epoch") && in >> p.epoch.value &&
         take(in, "sequence") && in >> p.sequence.value >> p.chain && take(in, "rows") &&
         in >> p.rows.value && take(in, "ids") && in >> p.ids.value && take(in, "views") &&
         in >> p.views.value;
}

bool read_file(std::istream& in, ShippedFile& file) {
  std::string hash;
  return in >> hash >> file.bytes >> file.path && from_hex_text(hash, file.hash) &&
         is_plain(file.path);
}

bool read(std::istream& in, ShippedCheckpoint& c) {
  int version = 0;
  if (!take(in, "spate-checkpoint") || !(in >> version) || version != 1) return false;
  if (!take(in, "log") || !(in >> c.log.hi >> c.log.lo >> c.incarnation)) return false;
  if (!take(in, "taken") || !(in >> c.taken_ms >> c.by)) return false;
  for (std::string word; in >> word;) {
    if (word == "partition" && read_partition(in, c.partitions.emplace_back())) continue;
    if (word == "file" && read_file(in, c.files.emplace_back())) continue;
    return false;
  }
  return true;
}

std::string folder_of(const Hash128& log, uint64_t incarnation) {
  return hex(log) + "-" + std::to_string(incarnation);
}

}  // namespace

uint64_t ShippedCheckpoint::bytes() const {
  uint64_t sum = 0;
  for (const ShippedFile& file : files) sum += file.bytes;
  return sum;
}

std::string to_text(const ShippedCheckpoint& c) {
  std::ostringstream out;
  out << "spate-checkpoint 1\nlog " << c.log.hi << ' ' << c.log.lo << ' ' << c.incarnation
      << "\ntaken " << c.taken_ms << ' ' << c.by << '\n';
  for (const ShippedPartition& p : c.partitions)
    out << "partition " << p.domain << ' ' << p.id.domain << ' ' << p.id.index << " offset "
        << p.next_offset << ' ' << p.tail_offset << " epoch " << p.epoch.value << " sequence "
        << p.sequence.value << ' ' << p.chain << " rows " << p.rows.value << " ids "
        << p.ids.value << " views " << p.views.value << '\n';
  for (const ShippedFile& file : c.files)
    out << "file " << hex(file.hash) << ' ' << file.bytes << ' ' << file.path << '\n';
  const std::string text = out.str();
  return text + std::string(end_mark) + hash_of(text) + '\n';
}

Result<ShippedCheckpoint> shipped_checkpoint_of(const std::string& text) {
  const std::size_t end = text.rfind(end_mark);
  const std::string body = end == std::string::npos ? "" : text.substr(0, end);
  if (body.empty() || text != body + std::string(end_mark) + hash_of(body) + '\n')
    return stop("checkpoint_rot", "it is cut short or damaged");
  std::istringstream in(body);
  ShippedCheckpoint checkpoint;
  if (!read(in, checkpoint))
    return stop("checkpoint_rot", "it is of a format that this binary does not know");
  return checkpoint;
}

std::string checkpoints_folder(const Hash128& log, uint64_t incarnation) {
  return folder_of(log, incarnation) + "/checkpoints";
}
std::string files_folder(const Hash128& log, uint64_t incarnation) {
  return folder_of(log, incarnation) + "/files";
}
std::string file_object(const Hash128& log, uint64_t incarnation, const ShippedFile& file) {
  return files_folder(log, incarnation) + "/" + hex(file.hash) + "-" + std::to_string(file.bytes);
}

}  // namespace spate
