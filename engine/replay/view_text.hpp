// ViewText: stored views as names and JSON, for reports; what knows the schemas provides it.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "engine/base/bytes.hpp"
#include "engine/base/ids.hpp"

namespace spate {

class ViewText {
 public:
  virtual ~ViewText() = default;
  using Fields = std::vector<std::pair<std::string, std::string>>;

  virtual std::string projection(uint16_t domain) const = 0;
  virtual std::string view(uint16_t domain, uint8_t view) const = 0;
  /// Name and JSON of each field that is shown, in the schema's order.
  virtual Fields fields(uint16_t domain, uint8_t view, Bytes value) const = 0;
};

}  // namespace spate
