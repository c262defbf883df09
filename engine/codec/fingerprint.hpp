// Fingerprint: 64 bits over what a command says, never over how it was written (rule D2).
#pragma once
#include "engine/codec/catalog.hpp"

namespace spate {

/// Stored beside each fingerprint: another way of computing it needs another number.
inline constexpr uint8_t fingerprint_version = 1;

/// Over the command's name and its fields in slot order, defaults and empty lists left out: the
/// same for any order of JSON members, for a default that is spelt out, for a binary sender, and
/// for a newer builder that knows more fields than were given. `scratch` is reused.
uint64_t fingerprint(const CommandPlan& command, Bytes payload, ByteBuffer& scratch);

}  // namespace spate
