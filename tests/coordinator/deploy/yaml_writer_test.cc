#include "coordinator/deploy/yaml_writer.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "base/random.h"

namespace weir {
namespace {

// Read again by the reader of campaigns: what became of a text under a key.
YamlNode ReadAgain(const std::string& text) {
  std::vector<Problem> problems;
  YamlNode tree = ParseYaml(text, "written.yaml", &problems);
  EXPECT_TRUE(problems.empty()) << text << "\n" << ToString(problems.front());
  return tree;
}

void ExpectComesBack(const std::string& text) {
  const std::string written =
      WriteYaml(YamlMap({{"a", YamlText(text)},
                         {"list", YamlList({YamlText(text), YamlMap({{"b", YamlText(text)}})})},
                         {"last", YamlText("untouched")}}));
  YamlNode tree = ReadAgain(written);
  ASSERT_EQ(tree.members.size(), 3u) << written;
  EXPECT_EQ(tree.Find("a")->value.text, text) << written;
  ASSERT_EQ(tree.Find("list")->value.items.size(), 2u) << written;
  EXPECT_EQ(tree.Find("list")->value.items[0].text, text) << written;
  EXPECT_EQ(tree.Find("list")->value.items[1].Find("b")->value.text, text) << written;
  EXPECT_EQ(tree.Find("last")->value.text, "untouched") << written;
}

TEST(YamlWriter, GivesEveryTextBackAsItWas) {
  for (const char* text : {"",
                           " ",
                           "\n",
                           "plain",
                           "two words",
                           "a: b",
                           "- a",
                           "#c",
                           "a #b",
                           "'",
                           "\"",
                           "\\",
                           "{a}",
                           "[a]",
                           "*a",
                           "&a",
                           "!a",
                           "%a",
                           "@a",
                           "`a",
                           "|",
                           ">",
                           "?",
                           "null",
                           "~",
                           "true",
                           "No",
                           "1",
                           "1e3",
                           "0x1f",
                           ".inf",
                           "2026-11-22",
                           "---",
                           "...",
                           "a\nb",
                           "a\nb\n",
                           "a\nb\n\n",
                           "\na",
                           " a\nb",
                           "a\n---\nb: c\n",
                           "a\r\nb",
                           "a\tb",
                           "\ta\nb",
                           "x\n\ty\n",
                           "µ — …",
                           "\x01\x1f\x7f",
                           "\xC2\x85",
                           "a\xE2\x80\xA8"
                           "b\n",
                           "\xEF\xBB\xBF"
                           "a",
                           "a\n\n  \n b"}) {
    ExpectComesBack(text);
  }
}

TEST(YamlWriter, GivesRandomTextsBackAsTheyWere) {
  const std::vector<std::string> pieces = {
      "a", "\n", " ", ":",   "-", "#",  "\"", "'",  "\\", "{",   "}",  "[", "]", "&", "*",
      "|", ">",  "%", "---", "0", "\t", "µ",  "\r", "$(", "${}", "<<", ",", "?", "!", "~"};
  for (uint64_t round = 0; round < 3000; ++round) {
    DrawStream draws(7, round);
    std::string text;
    const uint64_t length = draws.Below(12);
    for (uint64_t i = 0; i < length; ++i) text += pieces[draws.Below(pieces.size())];
    ExpectComesBack(text);
  }
}

TEST(YamlWriter, QuotesWhatAnotherReaderWouldNotTakeForText) {
  EXPECT_EQ(WriteYaml(YamlMap({{"a", YamlText("yes")}, {"b", YamlText("08")}})),
            "a: \"yes\"\nb: \"08\"\n");
  EXPECT_EQ(WriteYaml(YamlMap({{"n", YamlText("weir-agents")}, {"y", YamlPlain("3")}})),
            "\"n\": weir-agents\n\"y\": 3\n");
}

TEST(YamlWriter, WritesNestedListsAndMapsInBlocks) {
  EXPECT_EQ(WriteYaml(YamlMap({{"spec", YamlMap({{"items", YamlList({YamlText("x"), YamlMap({})})},
                                                 {"none", YamlList({})}})}})),
            "spec:\n  items:\n    - x\n    - {}\n  none: []\n");
}

}  // namespace
}  // namespace weir
