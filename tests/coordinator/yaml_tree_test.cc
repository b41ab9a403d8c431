#include "coordinator/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

std::string Parsed(const std::string& text) {
  std::vector<Problem> problems;
  ParseYaml(text, "f", &problems);
  std::string all;
  for (const Problem& problem : problems) absl::StrAppend(&all, ToString(problem), "\n");
  return all;
}

TEST(YamlTree, KnowsThePlaceOfEveryNode) {
  std::vector<Problem> problems;
  const YamlNode root = ParseYaml("a: 1\nb:\n  - x\n  - {c: 'y'}\n", "f", &problems);
  ASSERT_TRUE(problems.empty());
  const YamlNode& list = root.Find("b")->value;
  EXPECT_EQ(root.Find("b")->place.line, 2);
  EXPECT_EQ(list.items[0].place.line, 3);
  EXPECT_EQ(list.items[0].place.column, 5);
  const YamlMember* c = list.items[1].Find("c");
  EXPECT_EQ(c->place.column, 6);
  EXPECT_EQ(c->value.place.column, 9);
  EXPECT_TRUE(c->value.quoted);
  EXPECT_FALSE(root.Find("a")->value.quoted);
}

TEST(YamlTree, TakesTheBareWordNullAsAKey) {
  std::vector<Problem> problems;
  const YamlNode root = ParseYaml("null: null\n", "f", &problems);
  ASSERT_NE(root.Find("null"), nullptr);
  EXPECT_EQ(root.Find("null")->value.kind, YamlNode::Kind::kNull);
}

TEST(YamlTree, RefusesAKeyGivenTwice) {
  EXPECT_EQ(Parsed("a: 1\nb: 2\na: 3\n"),
            "f:3:1: the key 'a' is already given in line 1; remove one of the two\n");
}

TEST(YamlTree, RefusesAnchorsAndAliases) {
  EXPECT_EQ(Parsed("a: &x [1]\nb: *x\n"),
            "f:1:4: anchors (&name) are not allowed in a campaign; write each value where it is "
            "used\nf:2:4: aliases (*name) are not allowed in a campaign; write the value out\n");
}

TEST(YamlTree, RefusesTags) {
  EXPECT_EQ(Parsed("a: !!binary x\n"),
            "f:1:4: tags ('tag:yaml.org,2002:binary') are not allowed in a campaign\n");
}

TEST(YamlTree, RefusesASecondDocument) {
  EXPECT_THAT(Parsed("a: 1\n---\nb: 2\n"), HasSubstr("a second document starts here"));
  EXPECT_EQ(Parsed("---\na: 1\n...\n"), "");
}

TEST(YamlTree, RefusesWhatIsTooDeepOrTooLarge) {
  EXPECT_EQ(Parsed(std::string(60, '[') + std::string(60, ']')), "");
  EXPECT_EQ(Parsed(std::string(100, '[') + std::string(100, ']')),
            "f:1:65: nested more than 64 levels deep\n");
  EXPECT_THAT(Parsed(std::string(100000, '[')), HasSubstr("not valid YAML"));
  EXPECT_EQ(Parsed(std::string(kMaxYamlBytes + 1, ' ')),
            "f: larger than 1 MiB; a campaign file is a few KiB\n");
}

TEST(YamlTree, PlacesASyntaxError) {
  EXPECT_THAT(Parsed("a: 1\nb: [2\nc: 3\n"), HasSubstr("not valid YAML"));
  EXPECT_THAT(Parsed("a: 1\n\tb: 2\n"), HasSubstr("f:2:"));
}

TEST(YamlTree, SkipsAByteOrderMark) {
  std::vector<Problem> problems;
  const YamlNode root = ParseYaml(
      "\xEF\xBB\xBF"
      "a: 1\n",
      "f", &problems);
  ASSERT_NE(root.Find("a"), nullptr);
  EXPECT_EQ(root.Find("a")->place.column, 1);
}

}  // namespace
}  // namespace weir
