#include "backends/cosmos/http/answer_headers.h"

#include <gtest/gtest.h>

namespace weir::cosmos {
namespace {

// libcurl hands lines over with their end, our own parser without.
TEST(AnswerHeaders, AnEmptyValueIsEmptyWithOrWithoutTheEndOfTheLine) {
  for (const char* line : {"x-ms-continuation:", "x-ms-continuation: ", "x-ms-continuation: \r\n",
                           "x-ms-continuation:\r\n"}) {
    AnswerHeaders headers;
    headers.TakeLine(line);
    EXPECT_EQ(headers.continuation, "") << line;
  }
}

TEST(AnswerHeaders, BlanksAroundAValueAreNotOfIt) {
  for (const char* line : {"x-ms-continuation:a b", "x-ms-continuation: \ta b ",
                           "x-ms-continuation: a b\r\n", "X-MS-Continuation: a b \r\n"}) {
    AnswerHeaders headers;
    headers.TakeLine(line);
    EXPECT_EQ(headers.continuation, "a b") << line;
  }
}

}  // namespace
}  // namespace weir::cosmos
