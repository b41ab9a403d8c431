// Random mutations of a valid campaign: whatever comes, the reader answers and its problems have
// places inside the file. Bounded and seeded; the seed is printed on failure.
#include <gtest/gtest.h>

#include <algorithm>

#include "absl/strings/str_split.h"

#include "base/random.h"
#include "coordinator/campaign_reader.h"
#include "tests/coordinator/campaign_text.h"
#include "tests/support/damage.h"

namespace weir {
namespace {

constexpr int kMutants = 2000;
const std::vector<std::string> kPieces = {"{",
                                          "}",
                                          "[",
                                          "]",
                                          ":",
                                          ": ",
                                          "- ",
                                          "\n",
                                          "  ",
                                          "\t",
                                          "'",
                                          "\"",
                                          "|\n",
                                          "> ",
                                          "&a ",
                                          "*a",
                                          "!!str ",
                                          "null",
                                          "~",
                                          "%",
                                          "@",
                                          "`",
                                          "---\n",
                                          "...\n",
                                          "? ",
                                          "#",
                                          "\xff",
                                          "\xc3",
                                          "18446744073709551616",
                                          "-1",
                                          "1e400",
                                          "nan",
                                          "${env:X}",
                                          "name",
                                          "targets",
                                          "open",
                                          "closed",
                                          "5/s",
                                          "9h",
                                          "<<: "};

TEST(CampaignReader, AnswersToWhateverItIsGiven) {
  constexpr uint64_t kSeed = 20261121;
  int valid = 0;
  for (int i = 0; i < kMutants; ++i) {
    std::string text = kRichCampaign;
    DrawStream draws(kSeed, static_cast<uint64_t>(i));
    for (uint64_t changes = 1 + draws.Below(4); changes > 0; --changes) {
      Damage(kPieces, &draws, &text);
    }
    const CampaignReading reading = ReadCampaignText(text, "f", {});
    valid += reading.problems.empty();
    const int lines = static_cast<int>(std::count(text.begin(), text.end(), '\n') +
                                       std::count(text.begin(), text.end(), '\r'));
    for (const Problem& problem : reading.problems) {
      EXPECT_LE(problem.line, lines + 1) << "mutant " << i << ": " << ToString(problem);
      EXPECT_FALSE(problem.message.empty());
    }
  }
  EXPECT_GT(valid, kMutants / 100) << "the mutations are too wild to reach the later checks";
  EXPECT_LT(valid, kMutants * 9 / 10) << "the mutations are too tame";
}

TEST(CampaignReader, AnswersToWhateverIsSet) {
  constexpr uint64_t kSeed = 7;
  const std::vector<std::string> words = {"targets", "pg", "postgres", "port",  "0",        "1",
                                          "seed",    "=",  ".",        "=5",    "=[",       "={",
                                          "",        "..", "mixed",    "shape", "scenarios"};
  for (int i = 0; i < kMutants / 3; ++i) {
    DrawStream draws(kSeed, static_cast<uint64_t>(i));
    std::string option;
    for (uint64_t n = draws.Below(8); n > 0; --n) {
      absl::StrAppend(&option, words[draws.Below(words.size())], draws.Below(2) == 0 ? "." : "");
    }
    for (const Problem& problem : ReadCampaignText(kRichCampaign, "f", {option}).problems) {
      EXPECT_FALSE(problem.message.empty()) << option;
    }
  }
}

}  // namespace
}  // namespace weir
