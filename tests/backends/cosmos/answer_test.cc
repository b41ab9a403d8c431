#include <gtest/gtest.h>

#include <vector>

#include "backends/cosmos/answer_reader.h"
#include "backends/cosmos/http/answer_headers.h"

namespace weir::cosmos {
namespace {

TEST(ParseCharge, IsExactToTheThousandth) {
  EXPECT_EQ(ParseCharge("1"), 1'000);
  EXPECT_EQ(ParseCharge("5.71"), 5'710);
  EXPECT_EQ(ParseCharge("0.38"), 380);
  EXPECT_EQ(ParseCharge("2.8299999999999996"), 2'830);
  EXPECT_EQ(ParseCharge("10.0005"), 10'001);
  EXPECT_EQ(ParseCharge("7886.75"), 7'886'750);
}

TEST(ParseCharge, IsNothingForWhatIsNoNumber) {
  for (const char* text : {"", "-1", "nan", "inf", "1e300", "RU"})
    EXPECT_EQ(ParseCharge(text), 0) << text;
}

TEST(AnswerHeaders, TakesItsOwnInAnyCase) {
  AnswerHeaders headers;
  for (const char* line :
       {"HTTP/1.1 429 Too Many Requests\r\n", "X-MS-Request-Charge: 0.38\r\n",
        "x-ms-retry-after-ms:  17 \r\n", "x-ms-substatus: 3200\r\n", "x-ms-continuation: a b:c\r\n",
        "x-ms-session-token: 0:-1#7\r\n", "x-ms-request-duration-ms: 3.551\r\n",
        "x-ms-documentdb-partitionkeyrangeid: 4\r\n", "x-weir-charge-basis: modelled\r\n",
        "x-ms-other: 5\r\n", "\r\n"}) {
    headers.TakeLine(line);
  }
  EXPECT_EQ(headers.charge, 380);
  EXPECT_EQ(headers.retry_after_ns, 17'000'000);
  EXPECT_EQ(headers.substatus, 3200);
  EXPECT_EQ(headers.continuation, "a b:c");
  EXPECT_EQ(headers.session_token, "0:-1#7");
  EXPECT_EQ(headers.server_time_ns, 3'551'000);
  EXPECT_EQ(headers.range_id, "4");
  EXPECT_EQ(headers.charge_basis, "modelled");
}

TEST(ParseServerTimeNs, IsNothingForWhatIsNoTime) {
  for (const char* text : {"", "-1", "nan", "inf", "3600001", "ms"})
    EXPECT_EQ(ParseServerTimeNs(text), 0) << text;
}

TEST(AnswerHeaders, CapsAbsurdWaits) {
  AnswerHeaders headers;
  headers.TakeLine("x-ms-retry-after-ms: 300000\r\n");
  EXPECT_EQ(headers.retry_after_ns, kLongestRetryAfterNs);
  headers.TakeLine("x-ms-retry-after-ms: -5\r\n");
  EXPECT_EQ(headers.retry_after_ns, 0);
}

// With members that it does not expect, in another order, with spaces: the results are the same.
TEST(AnswerReader, ReadsPlainResultsAsOthers) {
  AnswerReader reader;
  const std::string etag = R"("\"0000-00ab\"")";
  const std::string plain = R"({"statusCode":201,"requestCharge":11.43,"eTag":)" + etag + "}";
  const std::string spaced = R"({"statusCode": 200,"requestCharge":1,"eTag":)" + etag + "}";
  const std::string turned = R"({"eTag":)" + etag + R"(,"requestCharge":11.43,"statusCode":204})";
  const std::string failed = R"({"statusCode":409,"requestCharge":1.24,"message":"no \"x\"}"})";
  const auto statuses = [&](std::string answer) {
    std::vector<int> read;
    const bool whole =
        reader.ForEachResult(&answer, [&](const BatchResult& r) { read.push_back(r.status); });
    if (!whole) read.push_back(-1);
    return read;
  };
  using Statuses = std::vector<int>;
  EXPECT_EQ(statuses("[" + plain + "]"), (Statuses{201}));
  EXPECT_EQ(statuses("[" + plain + "," + plain + "]"), (Statuses{201, 201}));
  EXPECT_EQ(statuses("[" + plain + "," + spaced + "," + turned + "," + failed + "," + plain + "]"),
            (Statuses{201, 200, 204, 409, 201}));
  EXPECT_EQ(statuses("[]"), Statuses());
  EXPECT_EQ(statuses("[" + plain).back(), -1);
  EXPECT_EQ(statuses("[" + plain.substr(0, 40)).back(), -1);
}

TEST(AnswerReader, TakesTheFirstLineOfTheMessage) {
  AnswerReader reader;
  std::string answer = R"({"code":"NotFound","message":"No such \"item\"\r\nActivityId: 4711"})";
  EXPECT_EQ(reader.ErrorMessage(&answer), "No such \"item\"");
  for (std::string other : {"", "<html>", "{}", R"({"message":7})", "[1,2]"}) {
    EXPECT_EQ(reader.ErrorMessage(&other), "") << other;
  }
}

TEST(AnswerReader, ReadsEachResultOfABatch) {
  AnswerReader reader;
  std::string answer =
      R"([{"statusCode":201,"requestCharge":6.3,"eTag":"x","resourceBody":{"statusCode":7}},)"
      R"({"subStatusCode":3200,"statusCode":429,"retryAfterMilliseconds":12.5}])";
  std::vector<BatchResult> results;
  ASSERT_TRUE(reader.ForEachResult(&answer, [&](const BatchResult& r) { results.push_back(r); }));
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].status, 201);
  EXPECT_EQ(results[0].substatus, 0);
  EXPECT_EQ(results[1].status, 429);
  EXPECT_EQ(results[1].substatus, 3200);
  EXPECT_EQ(results[1].retry_after_ns, 12'000'000);
}

TEST(AnswerReader, RefusesWhatIsNoBatch) {
  AnswerReader reader;
  for (std::string answer : {"", "{}", R"([{"statusCode":"x"}])", "[1]", "[{\"statusCode\":201"}) {
    EXPECT_FALSE(reader.ForEachResult(&answer, [](const BatchResult&) {})) << answer;
  }
}

}  // namespace
}  // namespace weir::cosmos
