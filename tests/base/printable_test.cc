#include "base/printable.h"

#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone) {
  const std::string text = "déjà vu: 100 µs ≤ 1 ms, 東京 😀";
  EXPECT_EQ(Printable(text), text);
  EXPECT_EQ(Printable(""), "");
}

TEST(Printable, IsOneLineWithoutControlCharacters) {
  EXPECT_EQ(Printable("a\nb\tc\rd\x7f"), "a b c d ");
  EXPECT_EQ(Printable(absl::string_view("a\0b", 3)), "a b");
  EXPECT_EQ(Printable("\x1b[2J"), " [2J");
  EXPECT_EQ(Printable("\xC2\x9B"
                      "2J"),
            " 2J")
      << "C1: CSI in one character";
  EXPECT_EQ(Printable("a\xE2\x80\xA8"
                      "b\xE2\x80\xA9"
                      "c"),
            "a b c")
      << "U+2028, U+2029";
}

TEST(Printable, TakesMarksOfDirectionOut) {
  EXPECT_EQ(Printable("a\xE2\x80\xAE"
                      "b\xE2\x80\xAC"
                      "c\xE2\x81\xA6"
                      "d\xE2\x80\x8F"),
            "abcd");
}

TEST(Printable, ReplacesWhatIsNotUtf8) {
  const std::string unknown = "\xEF\xBF\xBD";
  EXPECT_EQ(Printable("a\xFF"
                      "b"),
            "a" + unknown + "b");
  EXPECT_EQ(Printable("caf\xE9"), "caf" + unknown) << "the last character is cut";
  EXPECT_EQ(Printable("\xC0\x9B"), unknown + unknown)
      << "overlong: a control character in disguise";
  EXPECT_EQ(Printable("\xE0\x82\x9B"), unknown + unknown + unknown);
  EXPECT_EQ(Printable("\xED\xA0\x80"), unknown + unknown + unknown) << "a surrogate";
  EXPECT_EQ(Printable("\xF4\x90\x80\x80"), unknown + unknown + unknown + unknown);
}

TEST(Printable, OfItselfIsItself) {
  std::string all;
  for (int i = 0; i < 65536; ++i) {
    all.push_back(static_cast<char>(i / 256));
    all.push_back(static_cast<char>(i % 256));
  }
  EXPECT_EQ(Printable(Printable(all)), Printable(all));
}

}  // namespace
}  // namespace weir
