// Currencies: the codes of ISO 4217.
#pragma once
#include <string_view>

namespace spate {

/// One of the active alphabetic codes, funds and metals included (list of 2024-06), upper case.
bool is_currency(std::string_view code);
/// All of them in order, a space behind each.
std::string_view currency_codes();

}  // namespace spate
