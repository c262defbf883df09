// Text: what is UTF-8, what people may call a stream, what they take for equal, what they meant.
#include "engine/base/text.hpp"

#include <gtest/gtest.h>

namespace spate {
namespace {

using namespace std::string_literals;

TEST(Utf8, IsWhatRfc3629Says) {
  for (const std::string& good :
       {""s, "a"s, "\x7f"s, "\xc2\x80"s, "\xdf\xbf"s, "\xe0\xa0\x80"s, "\xed\x9f\xbf"s,
        "\xee\x80\x80"s, "\xef\xbf\xbf"s, "\xf0\x90\x80\x80"s, "\xf4\x8f\xbf\xbf"s, "a\0b"s})
    EXPECT_TRUE(is_utf8(good)) << ::testing::PrintToString(good);
  for (const std::string& bad :
       {"\x80"s, "\xbf"s, "\xc0\x80"s, "\xc1\xbf"s, "\xc2"s, "\xe0\x9f\xbf"s, "\xe0\xa0"s,
        "\xed\xa0\x80"s, "\xed\xbf\xbf"s, "\xf0\x8f\xbf\xbf"s, "\xf4\x90\x80\x80"s,
        "\xf5\x80\x80\x80"s, "\xff"s, "\xfe"s, "a\xc2"s, "\xc2 a"s, "\xf0\x90\x80"s})
    EXPECT_FALSE(is_utf8(bad)) << ::testing::PrintToString(bad);
}

TEST(Idents, AreShortAndVisible) {
  for (const std::string& good : {"a"s, "campaign-42"s, "Ä:ö.😀"s, "%2F"s, "a\\b\"'"s, "+"s, "."s,
                                  std::string(128, 'x'), "\u200b"s})
    EXPECT_TRUE(is_ident(good)) << good;
  for (const std::string& bad :
       {""s, " "s, "a b"s, "a\tb"s, "a/b"s, "a\0"s, "\x1f"s, "\x7f"s, "\u0085"s, "\u009f"s,
        "\u00a0"s, "\u1680"s, "\u2003"s, "\u2028"s, "\u3000"s, "\xff"s, std::string(129, 'x'),
        std::string(127, 'x') + "ä"})
    EXPECT_FALSE(is_ident(bad)) << ::testing::PrintToString(bad);
}

/// Words of eight bytes are looked at as a whole: each byte counts, wherever it stands.
TEST(Idents, AreAsGoodAsEachOfTheirBytes) {
  for (std::size_t size = 1; size <= 26; ++size)
    for (std::size_t place = 0; place < size; ++place)
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(size, 'x');
        text[place] = static_cast<char>(byte);
        const bool is_ascii = byte < 0x80;
        ASSERT_EQ(is_utf8(text), is_ascii) << byte << " at " << place << " of " << size;
        ASSERT_EQ(is_ident(text), byte > ' ' && byte < 0x7f && byte != '/')
            << byte << " at " << place << " of " << size;
      }
  for (std::size_t size = 2; size <= 26; ++size)
    for (std::size_t place = 0; place + 2 <= size; ++place) {
      EXPECT_TRUE(is_ident(std::string(size, 'x').replace(place, 2, "ä")));
      EXPECT_FALSE(is_ident(std::string(size, 'x').replace(place, 2, "\u0085")));
      EXPECT_TRUE(is_utf8(std::string(size, 'x').replace(place, 2, "\u0085")));
    }
}

TEST(CommandKeys, AreVisibleAsciiWithoutSeparators) {
  EXPECT_TRUE(is_command_key("order-7:pay"));
  EXPECT_TRUE(is_command_key(std::string(255, 'k')));
  for (const std::string& bad : {""s, std::string(256, 'k'), "a b"s, "a,b"s, "a;b"s, "a\"b"s,
                                 "a\\b"s, "ä"s, "\x7f"s, "a\nb"s})
    EXPECT_FALSE(is_command_key(bad)) << bad;
}

TEST(Trim, TakesAwayWhiteSpaceOfAnyScript) {
  EXPECT_EQ(trim(" \t\u3000a b\u00a0\n"), "a b");
  EXPECT_EQ(trim(" \u2003 "), "");
  EXPECT_EQ(trim(""), "");
  EXPECT_EQ(trim("\xff"), "\xff");
  EXPECT_EQ(trim(" \x80"), "\x80");
}

TEST(FoldCase, MakesEqualWhatPeopleTakeForEqual) {
  EXPECT_EQ(fold_case("STRASSE"), fold_case("straße"));
  EXPECT_EQ(fold_case("ＡＢＣ"), "abc");            // full width
  EXPECT_EQ(fold_case("e\u0301"), fold_case("É"));  // composed and decomposed
  EXPECT_EQ(fold_case("ﬁ"), "fi");                  // ligature
  EXPECT_EQ(fold_case("Σ"), fold_case("ς"));        // final sigma
  EXPECT_NE(fold_case("a"), fold_case("á"));
  EXPECT_EQ(fold_case("a\0B"s), "a\0b"s);
  EXPECT_EQ(fold_case("\xff"), "\xff");
}

TEST(NearestName, FindsWhatWasMeant) {
  const auto nearest = [](std::string_view wanted) {
    NearestName name(wanted);
    for (const char* known : {"redeem", "release", "restock", "open", "close"}) name.offer(known);
    return std::string(name.found());
  };
  EXPECT_EQ(nearest("reedem"), "redeem");
  EXPECT_EQ(nearest("redem"), "redeem");
  EXPECT_EQ(nearest("restok"), "restock");
  EXPECT_EQ(nearest("opne"), "open");
  EXPECT_EQ(nearest("Close"), "close");
  EXPECT_EQ(nearest("quiz"), "");
  EXPECT_EQ(nearest(""), "");
  EXPECT_EQ(nearest(std::string(10'000, 'r')), "");
}

}  // namespace
}  // namespace spate
