#include "coordinator/suggestion.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

TEST(Suggestion, FindsTheNearestWord) {
  const std::vector<std::string> words = {"records", "logs", "warm_up", "measure"};
  EXPECT_EQ(Nearest("reccords", words), "records");
  EXPECT_EQ(Nearest("Records", words), "records");
  EXPECT_EQ(Nearest("warmup", words), "warm_up");
  EXPECT_EQ(Nearest("mesaure", words), "measure");
  EXPECT_EQ(Nearest("lgos", words), "logs");
}

TEST(Suggestion, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(Nearest("colour", {"host", "port"}), "");
  EXPECT_EQ(Nearest(std::string(5000, 'a'), {"a"}), "");
}

TEST(Suggestion, OtherwiseListsWhatThereIs) {
  EXPECT_EQ(Suggestion("colour", {"host", "port"}), "; there are: host, port");
  EXPECT_EQ(Suggestion("prot", {"host", "port"}), "; did you mean 'port'?");
  EXPECT_EQ(Suggestion("x", {}), "");
}

}  // namespace
}  // namespace weir
