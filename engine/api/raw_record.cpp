// Verified, because what stands in it came from anybody.
#include "engine/api/raw_record.hpp"

namespace spate {

const envelope::RawRecord* raw_record_of(const envelope::Command& command) {
  const Bytes payload = bytes_of(command.payload());
  if (command.codec() != envelope::Codec::raw || payload.empty()) return nullptr;
  flatbuffers::Verifier verifier(payload.data(), payload.size());
  if (!verifier.VerifyBuffer<envelope::RawRecord>(nullptr)) return nullptr;
  return flatbuffers::GetRoot<envelope::RawRecord>(payload.data());
}

}  // namespace spate
