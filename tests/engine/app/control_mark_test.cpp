// Control marks: made by who knows the secret, and by nobody else.
#include "engine/app/control_mark.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

constexpr auto redrive = envelope::Control::redrive;

TEST(ControlMark, IsKnownAgain) {
  const std::string key = control_key("secret", "orders", "o-1", redrive, 17);
  EXPECT_TRUE(key.starts_with("control-17-"));
  EXPECT_LE(key.size(), 255u);
  EXPECT_TRUE(is_control_key("secret", "orders", "o-1", redrive, key));
}

TEST(ControlMark, HoldsForNothingElse) {
  const std::string key = control_key("secret", "orders", "o-1", redrive, 17);
  EXPECT_FALSE(is_control_key("secrets", "orders", "o-1", redrive, key));
  EXPECT_FALSE(is_control_key("", "orders", "o-1", redrive, key));
  EXPECT_FALSE(is_control_key("", "orders", "o-1", redrive,
                              control_key("", "orders", "o-1", redrive, 17)));
  EXPECT_FALSE(is_control_key("secret", "order", "so-1", redrive, key));
  EXPECT_FALSE(is_control_key("secret", "orders", "o-2", redrive, key));
  EXPECT_FALSE(is_control_key("secret", "orders", "o-1", envelope::Control::discard, key));
  for (std::size_t i = 0; i < key.size(); ++i) {
    std::string other = key;
    other[i] = other[i] == '0' ? '1' : '0';
    EXPECT_FALSE(is_control_key("secret", "orders", "o-1", redrive, other)) << i;
    EXPECT_FALSE(is_control_key("secret", "orders", "o-1", redrive, key.substr(0, i))) << i;
  }
}

}  // namespace
}  // namespace spate
