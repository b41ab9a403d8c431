#include "backends/cosmos/emulator/fault_plan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "backends/cosmos/emulator/fault_injection.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kNow = 1000 * kNsPerSecond;
constexpr FaultSubject kRead{.operation = "read", .database = "d", .container = "c", .range = "1"};

TEST(FaultPlan, HitsWhatARuleMeans) {
  FaultPlan plan;
  EXPECT_TRUE(plan.IsEmpty());
  ASSERT_TRUE(plan.Add(R"({"fault":"throttle","operation":"read","container":"d/c","range":"1",
                           "retry_after_ms":7})",
                       kNow)
                  .ok());
  EXPECT_FALSE(plan.IsEmpty());
  const auto fault = plan.Match(kRead, kNow);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->kind, FaultKind::kThrottle);
  EXPECT_EQ(fault->retry_after_ms, 7);
  for (const FaultSubject& other :
       {FaultSubject{"create", "d", "c", "1"}, FaultSubject{"read", "e", "c", "1"},
        FaultSubject{"read", "d", "e", "1"}, FaultSubject{"read", "d", "c", "2"}}) {
    EXPECT_FALSE(plan.Match(other, kNow).has_value());
  }
  plan.Clear();
  EXPECT_TRUE(plan.IsEmpty());
}

TEST(FaultPlan, EndsByCountAndByTime) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Add(R"({"fault":"retry_with","count":2})", kNow).ok());
  ASSERT_TRUE(plan.Add(R"({"fault":"timeout","duration_ms":10})", kNow).ok());
  EXPECT_EQ(plan.Match(kRead, kNow)->kind, FaultKind::kRetryWith);
  EXPECT_EQ(plan.Match(kRead, kNow)->kind, FaultKind::kRetryWith);
  EXPECT_EQ(plan.Match(kRead, kNow)->kind, FaultKind::kTimeout);
  EXPECT_FALSE(plan.Match(kRead, kNow + 10 * kNsPerMs).has_value());
  EXPECT_NE(plan.Json(kNow).find(R"("hits":2,"active":false)"), std::string::npos)
      << plan.Json(kNow);
}

TEST(FaultPlan, HitsAShareTheSameWayEachTime) {
  const auto hits = [] {
    FaultPlan plan;
    EXPECT_TRUE(plan.Add(R"({"fault":"unavailable","share":0.25})", kNow).ok());
    std::string pattern;
    for (int i = 0; i < 4000; ++i) pattern += plan.Match(kRead, kNow) ? '1' : '0';
    return pattern;
  };
  const std::string first = hits();
  const auto count = std::count(first.begin(), first.end(), '1');
  EXPECT_GT(count, 900);
  EXPECT_LT(count, 1100);
  EXPECT_EQ(first, hits());
}

TEST(FaultPlan, SplitsOnceUnlessToldOtherwise) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Add(R"({"fault":"gone"})", kNow).ok());
  EXPECT_TRUE(plan.Match(kRead, kNow).has_value());
  EXPECT_FALSE(plan.Match(kRead, kNow).has_value());
}

TEST(FaultPlan, NamesEveryKindOfRequest) {
  const auto name = [](std::string_view method, std::vector<std::string> path,
                       std::vector<std::pair<std::string_view, std::string_view>> headers = {}) {
    HttpRequest request;
    request.method = method;
    request.headers = std::move(headers);
    return OperationOf(request, path);
  };
  const std::vector<std::string> docs = {"dbs", "d", "colls", "c", "docs"};
  std::vector<std::string> item = docs;
  item.emplace_back("i");
  EXPECT_EQ(name("POST", docs), "create");
  EXPECT_EQ(name("POST", docs, {{header::kIsUpsert, "true"}}), "upsert");
  EXPECT_EQ(name("POST", docs, {{header::kIsQuery, "True"}}), "query");
  EXPECT_EQ(name("POST", docs, {{header::kIsQueryPlanRequest, "True"}}), "plan");
  EXPECT_EQ(name("POST", docs, {{header::kIsBatchRequest, "true"}}), "bulk");
  EXPECT_EQ(name("POST", docs, {{header::kIsBatchRequest, "true"}, {header::kBatchAtomic, "true"}}),
            "batch");
  EXPECT_EQ(name("GET", docs), "feed");
  EXPECT_EQ(name("GET", docs, {{header::kAIm, "Incremental Feed"}}), "change_feed");
  EXPECT_EQ(name("GET", item), "read");
  EXPECT_EQ(name("PATCH", item), "patch");
  EXPECT_EQ(name("GET", {"dbs", "d", "colls", "c", "pkranges"}), "ranges");
  EXPECT_EQ(name("GET", {"offers", "o"}), "offer");
  EXPECT_EQ(name("GET", {"dbs", "d"}), "metadata");
}

}  // namespace
}  // namespace weir::cosmos::emulator
