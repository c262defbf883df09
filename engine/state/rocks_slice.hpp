// Texts and bytes as RocksDB takes them; nothing is copied.
#pragma once
#include <rocksdb/slice.h>

#include <string_view>

#include "engine/base/bytes.hpp"

namespace spate {

inline rocksdb::Slice slice(std::string_view text) { return {text.data(), text.size()}; }
inline rocksdb::Slice slice(Bytes bytes) { return slice(as_text(bytes)); }

}  // namespace spate
