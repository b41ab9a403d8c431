#include "backends/cosmos/json_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

namespace weir::cosmos {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

std::string Real(double value) {
  std::string out;
  AppendReal(value, &out);
  return out;
}

TEST(JsonText, EscapesWhatJsonDemandsAndKeepsUtf8) {
  EXPECT_EQ(Quoted("a\"b\\c\n\t\r\b\f"), R"("a\"b\\c\n\t\r\b\f")");
  EXPECT_EQ(Quoted("\x01\x1f\x7f"), "\"\\u0001\\u001f\x7f\"");
  EXPECT_EQ(Quoted("naïve 日本語 🦆"), "\"naïve 日本語 🦆\"");
  EXPECT_EQ(Quoted(""), "\"\"");
}

TEST(JsonText, IsReadBackByAnotherParser) {
  std::string all;
  for (int c = 1; c < 128; ++c) all.push_back(static_cast<char>(c));
  EXPECT_EQ(nlohmann::json::parse(Quoted(all)).get<std::string>(), all);
}

// Text is looked at eight bytes at a time: every byte at every place of texts of every length, and
// of one longer than any piece.
TEST(JsonText, EveryByteAtEveryPlaceIsEscapedOrKept) {
  for (int c = 0; c < 256; ++c) {
    const std::string byte(1, static_cast<char>(c));
    const std::string alone = Quoted(byte).substr(1, Quoted(byte).size() - 2);
    const bool is_plain = c >= 0x20 && c != '"' && c != '\\';
    ASSERT_EQ(alone == byte, is_plain) << c;
    for (const size_t size : {1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 700}) {
      for (size_t at = 0; at<size; at += size> 24 ? 37 : 1) {
        const std::string before(at, 'x');
        const std::string after(size - at - 1, '\xc3');
        ASSERT_EQ(Quoted(before + byte + after), "\"" + before + alone + after + "\"")
            << c << " at " << at << " of " << size;
      }
    }
  }
}

TEST(JsonText, RealsReadBackBitForBit) {
  for (double value : {0.1, 1e-300 / 3, 1e300, 123456789.125, 5e-324}) {
    const double read = nlohmann::json::parse(Real(value)).get<double>();
    EXPECT_EQ(std::bit_cast<uint64_t>(read), std::bit_cast<uint64_t>(value)) << Real(value);
  }
}

TEST(JsonText, NotANumberIsNull) {
  EXPECT_EQ(Real(std::nan("")), "null");
  EXPECT_EQ(Real(std::numeric_limits<double>::infinity()), "null");
}

}  // namespace
}  // namespace weir::cosmos
