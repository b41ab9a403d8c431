#include "backends/cosmos/emulator/document_shape.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/shape_book.h"
#include "backends/cosmos/emulator/stored_document.h"

namespace weir::cosmos::emulator {
namespace {

// Shapes are learned from items that were read by the policy "everything", key /k.
class DocumentShapeTest : public ::testing::Test {
 protected:
  static std::string Padded(std::string_view json) {
    std::string padded(json);
    padded.reserve(json.size() + simdjson::SIMDJSON_PADDING);
    return padded;
  }
  // What the slow reader says of the item.
  const char* Read(const std::string& json) { return reader_.Read(json, policy_, false, &view_); }
  std::unique_ptr<DocumentShape> ShapeOf(std::string_view json) {
    text_ = Padded(json);
    EXPECT_EQ(Read(text_), nullptr) << json;
    return DocumentShape::Of(view_, 1);
  }
  bool Pack(const DocumentShape& shape, const std::string& json) {
    room_.assign(json.size() + DocumentShape::kPadding, '#');
    return shape.Pack(json, room_.data(), &item_);
  }
  // Packed and unpacked again; "" when it does not fit the shape.
  std::string ThereAndBack(const DocumentShape& shape, std::string_view json) {
    packed_ = Padded(json);
    if (!Pack(shape, packed_)) return "";
    EXPECT_EQ(shape.PackedBytes(room_.data()), item_.packed.size()) << json;
    EXPECT_LE(item_.packed.size(), json.size());
    std::string out(json.size() + DocumentShape::kPadding, '#');
    char* const end = shape.Unpack(room_.data(), out.data());
    out.resize(static_cast<size_t>(end - out.data()));
    return out;
  }

  const IndexingPolicy policy_ = *IndexingPolicy::Compile("", {{"k"}});
  DocumentReader reader_;
  DocumentView view_;
  std::string text_;
  std::string packed_;  // what was packed last, and its padding
  std::string room_;
  ShapedItem item_;
};

std::string Item(const std::string& text, const std::string& bare) {
  return absl::StrCat(R"({"id":"0","t":")", text, R"(","n":)", bare, R"(,"k":"key"})");
}

TEST_F(DocumentShapeTest, EveryScalarComesBackAsItWas) {
  const auto shape = ShapeOf(Item("x", "1"));
  ASSERT_NE(shape, nullptr);
  const std::vector<std::string> texts = {"",
                                          "a",
                                          "0",
                                          "00",
                                          "0123456789abcdef",
                                          "0123456789abcde",
                                          "ABCDEF",
                                          "deadbeef",
                                          "2025-01-01T00:00:00.016769Z",
                                          "2025-01-01T00:00:00+01:00",
                                          "12:30",
                                          "-",
                                          "naïve résumé",
                                          R"(a \"quoted\" word)",
                                          R"(\\ \/ \b \f \n \r \t \u0041 \u00e9)",
                                          "\xF0\x9F\x98\x80",
                                          std::string(63, 'f'),
                                          std::string(64, 'f'),
                                          std::string(65, 'f'),
                                          std::string(66, 'f'),
                                          std::string(199, 'y'),
                                          std::string(200, 'y'),
                                          std::string(201, 'y'),
                                          std::string(5000, 'y'),
                                          std::string(48, 'w'),
                                          std::string(49, 'w')};
  const std::vector<std::string> bares = {"0",
                                          "7",
                                          "42",
                                          "123456789012345",
                                          "1234567890123456",
                                          "-1",
                                          "-0",
                                          "1.5",
                                          "0.25",
                                          "1e5",
                                          "1E+5",
                                          "2.50e-10",
                                          "true",
                                          "false",
                                          "null",
                                          "100000000000000000000",
                                          "-12.75"};
  for (const std::string& text : texts) {
    for (const std::string& bare : bares) {
      const std::string json = Item(text, bare);
      EXPECT_EQ(ThereAndBack(*shape, json), json);
      EXPECT_EQ(item_.json, json);
      EXPECT_EQ(item_.id, "0");
      EXPECT_EQ(item_.key[0], "key");
    }
  }
}

// What it accepts, the slow reader accepts, and sees the same in it.
TEST_F(DocumentShapeTest, AcceptsNothingThatIsNotAnItemOfItsShape) {
  const auto shape = ShapeOf(Item("x", "1"));
  ASSERT_NE(shape, nullptr);
  for (const char* bare :
       {"",   "01",  "-",     "+1",  "1.", ".5",    "1e", "tru", "nul",   "1 ",
        " 1", "NaN", "1e999", "[1]", "{}", "\"1\"", "1x", "0x1", "truee", "--1"}) {
    EXPECT_EQ(ThereAndBack(*shape, Item("x", bare)), "") << bare;
  }
  for (const char* text : {"\x01", "\n", "\\", "\\x", "\\u12", "\\ud800", "\xFF", "\xC3", "a\"b",
                           "\xED\xA0\x80", "\\u00g0"}) {
    EXPECT_EQ(ThereAndBack(*shape, Item(text, "1")), "") << text;
  }
  const std::string whole = Item("some text", "12");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(ThereAndBack(*shape, whole.substr(0, size)), "") << size;
  }
  for (const char* other :
       {R"({"id":"0","t":"x","n":1,"k":"key","more":1})", R"({"id":"0", "t":"x","n":1,"k":"key"})",
        R"({"t":"x","id":"0","n":1,"k":"key"})", R"({"id":0,"t":"x","n":1,"k":"key"})",
        R"({"id":"0","t":"x","n":1,"k":"ke\u0079"})", R"({"id":"\u0030","t":"x","n":1,"k":"k"})"}) {
    EXPECT_EQ(ThereAndBack(*shape, other), "") << other;
  }
}

// Every byte of an item changed to every other: the quick reader never accepts what the slow one
// refuses, and what it accepts comes back.
TEST_F(DocumentShapeTest, IsNeverMoreLenientThanTheSlowReader) {
  const std::string json = R"({"id":"a1","t":"x\n\u00e9","n":-1.5e3,"b":true,"k":"ä"})";
  const auto shape = ShapeOf(json);
  ASSERT_NE(shape, nullptr);
  int accepted = 0;
  for (size_t at = 0; at < json.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string changed = Padded(json);
      changed[at] = static_cast<char>(byte);
      const std::string back = ThereAndBack(*shape, changed);
      if (back.empty()) continue;
      ++accepted;
      ASSERT_EQ(back, changed);
      ASSERT_EQ(Read(changed), nullptr) << changed;
      ASSERT_EQ(view_.json, changed);
      ASSERT_EQ(view_.id, item_.id);
      ASSERT_EQ(view_.key[0], PartitionKeyValue::String(item_.key[0]));
    }
  }
  EXPECT_GT(accepted, 500);
}

TEST_F(DocumentShapeTest, NestedItemsAndArraysHaveShapes) {
  const std::string json =
      R"({"a":[1,2,{"b":"x","c":[]}],"k":{"no":"key"},"id":"7","e":{},"f":[null,"y"]})";
  const auto shape = ShapeOf(json);
  ASSERT_NE(shape, nullptr);
  EXPECT_EQ(ThereAndBack(*shape, json), json);
  EXPECT_EQ(item_.id, "7");
  EXPECT_FALSE(shape->has_level(0));
  const std::string other =
      R"({"a":[31,-2,{"b":"long","c":[]}],"k":{"no":""},"id":"8","e":{},"f":[false,"z"]})";
  EXPECT_EQ(ThereAndBack(*shape, other), other);
  EXPECT_TRUE(shape->HasId(room_.data(), "8"));
  EXPECT_FALSE(shape->HasId(room_.data(), "7"));
}

TEST_F(DocumentShapeTest, SomeItemsHaveNoShape) {
  for (const char* json :
       {R"({"id":"0","ttl":60,"k":"x"})", R"({"id":"0","ttl":null,"k":"x"})",
        R"({"id":"0","n\u0061me":1,"k":"x"})", R"({"id":"\u0030","k":"x"})", R"({"id":"0","k":1})",
        R"({"id":"0","k":"x","_ts":1})", R"({"id":"0", "k":"x"})"}) {
    EXPECT_EQ(ShapeOf(json), nullptr) << json;
  }
}

TEST_F(DocumentShapeTest, WordsThatComeAgainTakeTwoBytes) {
  const auto shape = ShapeOf(Item("x", "1"));
  ASSERT_NE(shape, nullptr);
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const std::string json = Item(absl::StrCat("some service ", i), "1");
      ASSERT_EQ(ThereAndBack(*shape, json), json);
      ASSERT_EQ(item_.packed.size(), 2U + 2 + 2 + 2);
    }
  }
  // And a place where no word comes twice takes them as they are.
  for (int i = 0; i < 5000; ++i) {
    const std::string json = Item(absl::StrCat("some request ", i), "1");
    ASSERT_EQ(ThereAndBack(*shape, json), json);
  }
}

TEST_F(DocumentShapeTest, ABookLearnsWhatComesOftenAndTellsShapesApart) {
  ShapeBook book(1);
  ItemMemory items(&book);
  BlockMemory memory(&items);
  const std::vector<std::string> texts = {Item("x", "1"), R"({"id":"1","k":"y"})",
                                          R"({"id":"1","k":"y","z":2})"};
  for (const std::string& json : texts) {
    const std::string padded = Padded(json);
    std::string room(json.size() + DocumentShape::kPadding, '#');
    EXPECT_FALSE(book.Pack(padded, room.data(), &item_));
    for (int i = 0; i < 10; ++i) {
      ASSERT_EQ(Read(padded), nullptr);
      book.Learn(view_);
    }
    ASSERT_TRUE(book.Pack(padded, room.data(), &item_)) << json;
    EXPECT_EQ(item_.shape->TermsBy(&policy_), view_.terms);
    EXPECT_EQ(item_.shape->TermsBy(nullptr), std::nullopt);
    StoredDocument* const stored = StoredDocument::New(
        &memory, {.id = view_.id, .json = padded, .shape = item_.shape, .packed = item_.packed});
    std::string back;
    stored->AppendJson(&back);
    EXPECT_EQ(back, json);
    EXPECT_EQ(stored->Id(), view_.id);
    EXPECT_EQ(stored->json_size(), json.size());
  }
}

}  // namespace
}  // namespace weir::cosmos::emulator
