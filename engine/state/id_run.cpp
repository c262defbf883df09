// A run of command ids:
//   run    := header page* fences filter                  (little-endian)
//   header := IdRunHeader below, 4096 bytes; crc = CRC32C of the header before it
//   page   := (id:u64,u64 sequence:u64 fingerprint:u64){127}
//             zero:u64,u64 number:u64 count:u32 crc:u32
//             4096 bytes, sorted by id; crc = CRC32C of the page before it
//   fences := u64*      the high half of each page's first id
//   filter := 64-byte blocks (blocked_filter.hpp)
#include "engine/state/id_run.hpp"

#include <algorithm>

#include "engine/base/crc32c.hpp"

namespace spate {
namespace {

constexpr uint64_t run_magic = 0x4e55525344494550;  // "PEIDSRUN"
constexpr uint32_t run_version = 1;
constexpr std::size_t write_bytes = 1 << 20;

struct IdRunHeader {
  uint64_t magic;
  uint64_t version;
  uint64_t count;
  uint64_t pages;
  uint64_t filter_blocks;
  uint64_t filter_room;
  uint32_t fences_crc;
  uint32_t filter_crc;
  std::array<uint8_t, id_page_bytes - 60> zeros;
  uint32_t crc;
};
static_assert(sizeof(IdRunHeader) == id_page_bytes);

uint32_t crc_of(const IdRunHeader& header) {
  return crc32c({reinterpret_cast<const uint8_t*>(&header), offsetof(IdRunHeader, crc)});
}
uint32_t crc_of(const IdPage& page) {
  return crc32c({reinterpret_cast<const uint8_t*>(&page), offsetof(IdPage, crc)});
}
std::span<uint8_t> bytes_of(std::vector<uint64_t>& words) {
  return {reinterpret_cast<uint8_t*>(words.data()), words.size() * 8};
}
std::span<uint8_t> bytes_of(BlockedFilter& filter) {
  return {reinterpret_cast<uint8_t*>(filter.words()), filter.bytes()};
}

/// In pieces: it may have fewer blocks than lie in the file. Gives the CRC of those.
Result<uint32_t> read_filter(const state::File& file, uint64_t at, uint64_t blocks,
                             BlockedFilter& filter) {
  std::vector<uint64_t> words;
  uint32_t crc = 0;
  for (uint64_t from = 0; from < blocks; from += words.size() / 8) {
    words.resize(std::min<uint64_t>(write_bytes / 8, (blocks - from) * 8));
    TRY(file.read(at + from * BlockedFilter::block_bytes, bytes_of(words)));
    crc = crc32c(bytes_of(words), crc);
    filter.add_blocks(words, from, blocks);
  }
  return crc;
}

}  // namespace

tl::unexpected<Fault> ids_rot(const std::string& path, const std::string& what) {
  const std::string directory = path.substr(0, path.rfind('/'));
  return stop("ids_rot", path + " " + what + "; delete the directory " + directory +
                             ", its ids are folded again from the log");
}

Result<std::shared_ptr<const IdRun>> IdRun::open(const std::string& path, uint64_t number,
                                                 std::shared_ptr<FilterRoom> room) {
  auto run = std::make_shared<IdRun>();
  run->path_ = path;
  run->number_ = number;
  auto file = state::File::open(path);
  if (!file && file.error().code == "file_missing") return ids_rot(path, "is missing");
  if (!file) return pass_on(std::move(file.error()));
  run->file_ = std::move(*file);
  TRY(const uint64_t size, run->file_.size());
  IdRunHeader h{};
  if (size < id_page_bytes) return ids_rot(path, "is shorter than its header");
  TRY(run->file_.read(0, {reinterpret_cast<uint8_t*>(&h), sizeof h}));
  if (h.magic != run_magic || h.crc != crc_of(h)) return ids_rot(path, "has a damaged header");
  if (h.version != run_version) return ids_rot(path, "is of a version that this binary does not know");
  const uint64_t fences_at = (h.pages + 1) * id_page_bytes;
  const uint64_t filter_at = fences_at + h.pages * 8;
  if (size != filter_at + h.filter_blocks * 64) return ids_rot(path, "has lost or gained bytes");
  run->count_ = h.count;
  run->fences_.resize(h.pages);
  TRY(run->file_.read(fences_at, bytes_of(run->fences_)));
  if (crc32c(bytes_of(run->fences_)) != h.fences_crc) return ids_rot(path, "has damaged fences");
  run->filter_bytes_wanted_ = h.filter_blocks * BlockedFilter::block_bytes;
  FilterShare share(std::move(room), run->filter_bytes_wanted_);
  run->filter_ =
      BlockedFilter::within(std::move(share), h.filter_blocks, h.filter_room, h.count);
  TRY(const uint32_t crc, read_filter(run->file_, filter_at, h.filter_blocks, *run->filter_));
  if (crc != h.filter_crc) return ids_rot(path, "has a damaged filter");
  return std::shared_ptr<const IdRun>(std::move(run));
}

Result<void> IdRun::read_page(uint64_t number, IdPage& page) const {
  TRY(file_.read((number + 1) * id_page_bytes,
                 {reinterpret_cast<uint8_t*>(&page), sizeof page}));
  if (page.crc != crc_of(page) || page.number != number || page.count > ids_per_page)
    return ids_rot(path_, "has a damaged page " + std::to_string(number));
  return {};
}

/// The last page whose first id is not beyond `hi`. Ids are evenly spread, so a guess is near.
uint64_t IdRun::last_page_from(uint64_t hi) const {
  const auto product = static_cast<unsigned __int128>(hi) * pages();
  const auto guess = static_cast<uint64_t>(product >> 64);
  uint64_t low = guess, high = guess, stride = 8;
  while (low > 0 && fences_[low] > hi) low -= std::min(low, stride *= 2);
  while (high < pages() && fences_[high] <= hi) high = std::min(pages(), high + (stride *= 2));
  const auto begin = fences_.begin();
  const auto beyond = std::upper_bound(begin + static_cast<std::ptrdiff_t>(low),
                                       begin + static_cast<std::ptrdiff_t>(high), hi);
  return beyond == begin ? 0 : static_cast<uint64_t>(beyond - begin) - 1;
}

Result<std::optional<KnownId>> IdRun::find(const CommandId& id) const {
  if (!filter_->may_contain(filter_hash(id))) return std::optional<KnownId>{};
  IdPage page;
  for (uint64_t number = last_page_from(id.hi);; --number) {
    TRY(read_page(number, page));
    const auto end = page.entries.begin() + page.count;
    const auto before = [](const IdEntry& a, const CommandId& b) { return a.id < b; };
    const auto found = std::lower_bound(page.entries.begin(), end, id, before);
    if (found != end && found->id == id) return std::optional(found->known());
    // Ids that agree in their high half may begin on the page before.
    if (number == 0 || fences_[number] != id.hi) return std::optional<KnownId>{};
  }
}

Result<IdRunWriter> IdRunWriter::create(const std::string& path, uint64_t ids_max,
                                        std::size_t filter_bytes_max) {
  IdRunWriter writer;
  writer.path_ = path;
  TRY(writer.file_, state::File::create(path + ".draft"));
  writer.page_ = std::make_unique<IdPage>();
  const std::size_t blocks_max = std::max<std::size_t>(
      filter_bytes_max / BlockedFilter::block_bytes, 1);
  writer.filter_ = std::make_unique<BlockedFilter>(
      std::min(BlockedFilter::blocks_for(ids_max), blocks_max), ids_max, 0);
  return writer;
}

Result<void> IdRunWriter::add(const IdEntry& entry) {
  ENSURE(count_ == 0 || last_ < entry.id);
  if (page_->count == 0) fences_.push_back(entry.id.hi);
  page_->entries[page_->count++] = entry;
  filter_->add(IdRun::filter_hash(entry.id));
  last_ = entry.id;
  ++count_;
  return page_->count == ids_per_page ? end_page() : Result<void>{};
}

Result<void> IdRunWriter::end_page() {
  page_->number = fences_.size() - 1;
  page_->crc = crc_of(*page_);
  pages_.append({reinterpret_cast<const uint8_t*>(page_.get()), sizeof(IdPage)});
  *page_ = IdPage{};
  return pages_.size() >= write_bytes ? flush() : Result<void>{};
}

Result<void> IdRunWriter::flush() {
  TRY(file_.write(written_, pages_));
  written_ += pages_.size();
  pages_.clear();
  return {};
}

Result<void> IdRunWriter::finish() {
  ENSURE(count_ > 0);
  if (page_->count > 0) TRY(end_page());
  TRY(flush());
  IdRunHeader header{run_magic, run_version, count_, fences_.size(), filter_->blocks(),
                     filter_->room(), crc32c(bytes_of(fences_)), crc32c(bytes_of(*filter_)), {}, 0};
  header.crc = crc_of(header);
  TRY(file_.write(0, {reinterpret_cast<const uint8_t*>(&header), sizeof header}));
  TRY(file_.write(written_, bytes_of(fences_)));
  TRY(file_.write(written_ + fences_.size() * 8, bytes_of(*filter_)));
  return state::publish(file_, path_ + ".draft", path_);
}

}  // namespace spate
