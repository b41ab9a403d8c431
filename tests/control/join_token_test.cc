#include "control/join_token.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

constexpr char kSecret[] = "abcdefghijklmnopqrstuvwxyz";

std::string FileWith(const std::string& text) {
  const std::string path = absl::StrCat(testing::TempDir(), "/weir-token-", getpid());
  std::ofstream(path) << text;
  return path;
}

TEST(JoinToken, IsAnotherEveryTimeAndHas256Bits) {
  std::set<std::string> texts;
  for (int i = 0; i < 100; ++i) texts.insert(JoinToken::Make(1000).Reveal());
  EXPECT_EQ(texts.size(), 100u);
  const std::string text = *texts.begin();
  EXPECT_EQ(text.size() - text.rfind('.') - 1, 64u) << "hexadecimal digits of the secret";
}

TEST(JoinToken, MatchesItselfAndNothingElse) {
  const JoinToken token = JoinToken::Make(1000);
  EXPECT_TRUE(token.Matches(token.Reveal()));
  std::string other = token.Reveal();
  other.back() = other.back() == '0' ? '1' : '0';
  EXPECT_FALSE(token.Matches(other));
  EXPECT_FALSE(token.Matches(""));
  EXPECT_FALSE(token.Matches(token.Reveal() + "0"));
  EXPECT_FALSE(token.Matches(token.Reveal().substr(1)));
  EXPECT_FALSE(JoinToken().Matches("")) << "no token opens nothing";
}

struct CountedText {
  std::string text;
  int* looks;
  size_t size() const { return text.size(); }
  char operator[](size_t i) const {
    ++*looks;
    return text[i];
  }
};

TEST(JoinToken, IsComparedToTheEndWhereverTheFirstDifferenceIs) {
  const std::string token = JoinToken::Make(1000).Reveal();
  for (size_t wrong = 0; wrong < token.size(); ++wrong) {
    std::string shown = token;
    shown[wrong] = '!';
    int looks = 0;
    EXPECT_FALSE(EqualThroughout(CountedText{token, &looks}, CountedText{shown, &looks}));
    EXPECT_EQ(looks, 2 * static_cast<int>(token.size())) << "and it differs at " << wrong;
  }
}

TEST(JoinToken, ExpiresWhenItSaysSo) {
  const auto token = JoinToken::Parse(JoinToken::Make(1000).Reveal());
  ASSERT_TRUE(token.ok());
  EXPECT_FALSE(token->ExpiredAt(999));
  EXPECT_TRUE(token->ExpiredAt(1000));
  EXPECT_FALSE(JoinToken::Parse(kSecret)->ExpiredAt(1'000'000'000'000));
}

TEST(JoinToken, RefusesWhatIsEasyToGuess) {
  EXPECT_FALSE(JoinToken::Parse("").ok());
  EXPECT_FALSE(JoinToken::Parse("letmein").ok());
  EXPECT_FALSE(JoinToken::Parse("with spaces and everything").ok());
  EXPECT_FALSE(JoinToken::Parse(std::string(2000, 'a')).ok());
}

TEST(JoinToken, ComesFromAFileWithOrWithoutALineEnd) {
  EXPECT_EQ(ReadJoinToken(FileWith(absl::StrCat(kSecret, "\n")))->Reveal(), kSecret);
  EXPECT_EQ(ReadJoinToken(FileWith(kSecret))->Reveal(), kSecret);
  EXPECT_FALSE(ReadJoinToken(FileWith("")).ok());
  EXPECT_FALSE(ReadJoinToken(testing::TempDir() + "/not-there").ok());
  EXPECT_FALSE(ReadJoinToken(testing::TempDir()).ok());
}

TEST(JoinToken, ComesFromTheEnvironmentAndIsTakenOutOfIt) {
  setenv(kJoinTokenVariable, kSecret, 1);
  EXPECT_EQ(ReadJoinToken("")->Reveal(), kSecret);
  EXPECT_EQ(std::getenv(kJoinTokenVariable), nullptr);
  EXPECT_TRUE(ReadJoinToken("")->none());
  setenv(kJoinTokenVariable, "short", 1);
  const auto bad = ReadJoinToken("");
  EXPECT_FALSE(bad.ok());
  EXPECT_EQ(std::string(bad.status().message()).find("short"), std::string::npos)
      << "what is meant as a secret is not shown";
}

}  // namespace
}  // namespace weir
