// ControlMark: how the nodes of a Kafka log know that a redrive or discard is an operator's.
#pragma once
#include <string>
#include <string_view>

#include "schemas/envelope_generated.h"

namespace spate {

/// Anybody may write to a command topic, so that the right to give up or repeat what others sent is
/// shown by a secret that operators share with the nodes (`kafka.control_secret`). The key of the
/// command, its `sender_key`, ends in a keyed hash over all that it does:
///
///   control-<now: ns>-<64 hex digits: BLAKE2b-256 of domain, stream, control, `control-<now>`>
///
/// A copy of the record has the same key, so the same id: it has no second effect.
std::string control_key(std::string_view secret, std::string_view domain, std::string_view stream,
                        envelope::Control control, int64_t now_ns);
/// False always when the secret is empty.
bool is_control_key(std::string_view secret, std::string_view domain, std::string_view stream,
                    envelope::Control control, std::string_view key);

}  // namespace spate
