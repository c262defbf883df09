// base64url (RFC 4648 §5) without padding: bytes as text that is safe in URLs and headers.
#pragma once
#include <string>
#include <string_view>

namespace spate {

std::string base64url(std::string_view bytes);
/// Appends to `bytes`. False: a foreign character, a wrong length, or bits left over.
bool from_base64url(std::string_view text, std::string& bytes);

}  // namespace spate
