// docs/troubleshooting.md quotes what Weir prints. Every quoted message stands in the sources, so
// that who searches the page for what is on the screen finds it.
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/kit/source_tree.h"

namespace weir {
namespace {

using ::testing::SizeIs;

constexpr char kPage[] = "docs/troubleshooting.md";
constexpr std::string_view kGap = "…";  // a name or a number

// The program's text, with literals that go over several lines in one piece.
std::string ProgramText(const std::vector<SourceFile>& files) {
  std::string text;
  for (const SourceFile& file : files) {
    const bool cpp = file.extension() == "cc" || file.extension() == "h";
    if (!cpp || absl::StartsWith(file.path, "tests/")) continue;
    for (const std::string& line : file.lines) {
      const absl::string_view code = absl::StripLeadingAsciiWhitespace(line);
      const bool goes_on = absl::StartsWith(code, "\"") && absl::EndsWith(text, "\"\n");
      if (goes_on) text.resize(text.size() - 2);
      absl::StrAppend(&text, goes_on ? code.substr(1) : code, "\n");
    }
  }
  return text;
}

// What stands between backquotes in the first cell of a row, or in the second of a table of advice.
std::vector<std::string> Quoted(const SourceFile& page) {
  std::vector<std::string> quoted;
  for (const std::string& line : page.lines) {
    if (!absl::StartsWith(line, "| `")) continue;
    const std::vector<std::string> cells = absl::StrSplit(line, " | ");
    const std::string text = cells.size() == 2 ? cells[1] : cells[0];
    const std::vector<std::string> parts = absl::StrSplit(text, '`');
    for (size_t i = 1; i < parts.size(); i += 2) quoted.push_back(parts[i]);
  }
  return quoted;
}

std::vector<std::string> NotIn(const std::string& program, const std::vector<std::string>& quoted) {
  std::vector<std::string> missing;
  for (const std::string& message : quoted) {
    for (absl::string_view piece : absl::StrSplit(message, std::string(kGap))) {
      piece = absl::StripAsciiWhitespace(piece);
      if (!absl::StrContains(program, piece)) missing.push_back(absl::StrCat(message, ": ", piece));
    }
  }
  return missing;
}

TEST(QuotedMessages, AreWhatTheProgramPrints) {
  const std::string program = ProgramText(SourceTree());
  for (const SourceFile& file : SourceTree()) {
    if (file.path != kPage) continue;
    const std::vector<std::string> quoted = Quoted(file);
    EXPECT_GT(quoted.size(), 50u);
    EXPECT_THAT(NotIn(program, quoted), SizeIs(0));
    return;
  }
  FAIL() << "there is no " << kPage;
}

TEST(QuotedMessages, AreMissedWhenTheProgramSaysSomethingElse) {
  const SourceFile page = MakeSourceFile(kPage,
                                         "| `port … is taken`, `gone` | x | y |\n"
                                         "| `gate` | `Do this and that.` |\n");
  EXPECT_THAT(Quoted(page), ::testing::ElementsAre("port … is taken", "gone", "Do this and that."));
  const std::string program = ProgramText({MakeSourceFile(
      "a.cc", "Say(\"port \", port, \" is taken\");\nSay(\"Do this \"\n    \"and that.\");")});
  EXPECT_THAT(NotIn(program, Quoted(page)), ::testing::ElementsAre("gone: gone"));
}

}  // namespace
}  // namespace weir
