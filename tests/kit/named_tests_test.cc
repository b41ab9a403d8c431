// Pages name the test that holds what they claim. Every test that is named is there, and in the
// table of docs/security.md every protection names one.
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/kit/source_tree.h"

namespace weir {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;
using Names = std::set<std::string>;

constexpr char kPage[] = "docs/security.md";
constexpr char kHeading[] = "## Each protection, and tests that fail without it";

void AddMatches(const std::string& text, const std::regex& pattern, const std::string& prefix,
                Names* names) {
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at) {
    const std::string suite = (*at)[1].str();
    const std::string name = at->size() > 2 ? (*at)[2].str() : "";
    names->insert(absl::StrCat(prefix, suite, name.empty() ? "" : ".", name));
  }
}

// "Suite.Name" of every test in the sources, and of those that CMake adds.
Names TestsOf(const std::vector<SourceFile>& files) {
  static const std::regex kTest(R"(\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  static const std::regex kAdded(R"(add_test\(\s*NAME\s+([\w.]+))");
  static const std::regex kFuzzer(R"(\bweir_fuzzer\((\w+))");
  Names names;
  for (const SourceFile& file : files) {
    const std::string text = absl::StrJoin(file.lines, "\n");
    if (file.extension() == "cc") AddMatches(text, kTest, "", &names);
    if (file.name() != "CMakeLists.txt") continue;
    AddMatches(text, kAdded, "", &names);
    AddMatches(text, kFuzzer, "Fuzz.", &names);
  }
  return names;
}

// What stands between backquotes and looks like a test: `Suite.Name`, `Suite.*`, `Suite.Begin…`,
// and `Values/Suite.*` of a suite with parameters.
std::vector<std::string> NamedIn(const std::string& text) {
  static const std::regex kName(
      "`((?:[A-Z]\\w*/)?[A-Z]\\w*\\.(?:\\*|[A-Z]\\w*(?:\\*|\u2026)?|fuzz_\\w+))`");
  std::vector<std::string> named;
  for (std::sregex_iterator at(text.begin(), text.end(), kName), end; at != end; ++at) {
    named.push_back((*at)[1].str());
  }
  return named;
}

bool IsThere(const std::string& named, const Names& tests) {
  const std::string plain =
      named.substr(named.find('/') == std::string::npos ? 0 : named.find('/') + 1);
  if (tests.contains(plain)) return true;
  for (const absl::string_view open : {"*", "\u2026"}) {
    if (!absl::EndsWith(plain, open)) continue;
    const std::string begin = plain.substr(0, plain.size() - open.size());
    const auto found = tests.lower_bound(begin);
    return found != tests.end() && absl::StartsWith(*found, begin);
  }
  return false;
}

// What else is written like one.
const Names& NoTests() {
  static const Names kNames = {"Agent.Serve", "CMakeLists.txt", "Compute.AllowListedLocalPaths",
                               "Control.Attend"};
  return kNames;
}

std::string NotThere(const std::vector<SourceFile>& pages, const Names& tests) {
  std::string found;
  for (const SourceFile& page : pages) {
    if (page.extension() != "md") continue;
    for (const std::string& named : NamedIn(absl::StrJoin(page.lines, "\n"))) {
      if (NoTests().contains(named) || IsThere(named, tests)) continue;
      absl::StrAppend(&found, page.path, ": ", named, "\n");
    }
  }
  return found;
}

struct Protection {
  std::string what;
  std::vector<std::string> tests;
};

// The rows of the table under the heading, without its head.
std::vector<Protection> ProtectionsOf(const SourceFile& page) {
  std::vector<Protection> rows;
  bool here = false;
  for (const std::string& line : page.lines) {
    if (absl::StartsWith(line, "## ")) here = line == kHeading;
    if (!here || !absl::StartsWith(line, "| ") || absl::StartsWith(line, "| what is ")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    rows.push_back({cells[0].substr(2), NamedIn(line)});
  }
  return rows;
}

TEST(NamedTests, AreThereOnEveryPage) {
  const Names tests = TestsOf(SourceTree());
  EXPECT_GT(tests.size(), 1000u);
  EXPECT_EQ(NotThere(SourceTree(), tests), "");
}

TEST(NamedTests, AreMissedWhenTheyAreNot) {
  const Names tests =
      TestsOf({MakeSourceFile("a_test.cc", "TEST(Door, IsShut) {\nTEST_F(Door,\n       Opens) {\n"),
               MakeSourceFile("CMakeLists.txt",
                              "add_test(NAME Kit.Works\n  COMMAND x)\n"
                              "weir_fuzzer(fuzz_door CHANGED 1\n")});
  EXPECT_THAT(tests,
              UnorderedElementsAre("Door.IsShut", "Door.Opens", "Kit.Works", "Fuzz.fuzz_door"));
  const auto missed = [&](const std::string& text) {
    return NotThere({MakeSourceFile("docs/a.md", text)}, tests);
  };
  EXPECT_EQ(missed("`Door.IsShut`, `Door.*`, `Door.Op…`, `Fuzz.fuzz_door`, `On/Door.IsShut`"), "");
  EXPECT_EQ(missed("`Door.IsOpen`"), "docs/a.md: Door.IsOpen\n");
  EXPECT_EQ(missed("`Gate.*` and `Door.Falls…`"), "docs/a.md: Gate.*\ndocs/a.md: Door.Falls…\n");
  EXPECT_EQ(missed("`Fuzz.fuzz_gate`"), "docs/a.md: Fuzz.fuzz_gate\n");
  EXPECT_EQ(missed("`report.json`, `CMakeLists.txt`, `--option.Name`"), "");
}

TEST(NamedTests, AreGivenForEachProtection) {
  for (const SourceFile& file : SourceTree()) {
    if (file.path != kPage) continue;
    const std::vector<Protection> rows = ProtectionsOf(file);
    EXPECT_GT(rows.size(), 30u);
    for (const Protection& row : rows) EXPECT_THAT(row.tests, Not(IsEmpty())) << row.what;
    return;
  }
  FAIL() << "there is no " << kPage;
}

TEST(NamedTests, AreReadFromTheTableAlone) {
  const std::vector<Protection> rows = ProtectionsOf(MakeSourceFile(
      kPage, absl::StrCat("| other | `Door.Opens` |\n", kHeading,
                          "\n| what is kept | by |\n|---|---|\n| a door | `Door.IsShut` |\n"
                          "| a wall | nothing |\n## More\n| other | `Door.Opens` |\n")));
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].what, "a door");
  EXPECT_THAT(rows[0].tests, ElementsAre("Door.IsShut"));
  EXPECT_THAT(rows[1].tests, IsEmpty()) << "which the test of the page would tell";
}

}  // namespace
}  // namespace weir
