#include "backends/cosmos/emulator/service.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/wire/effective_partition_key.h"
#include "backends/cosmos/wire/headers.h"
#include "tests/backends/emulator/service_fixture.h"

namespace weir::cosmos::emulator {
namespace {

TEST_F(ServiceTest, RefusesWhatIsNotSignedWithItsKey) {
  const MasterKey other = MasterKey::FromBase64("b3RoZXI=").value();
  key_ = other;
  const HttpResponse refused = Send("GET", "/dbs");
  EXPECT_EQ(refused.status, 401);
  EXPECT_NE(refused.body.find("\"Unauthorized\""), std::string::npos);
  EXPECT_EQ(refused.body.find(std::string(kWellKnownEmulatorKey)), std::string::npos);
}

class ExplainingServiceTest : public ServiceTest {
 protected:
  ExplainingServiceTest()
      : ServiceTest(Service::Settings{
            .account = {.throttle = false},
            .charge_basis = "modelled; calibrated 2026-11-21 on a trial account",
            .explain = [this](std::string_view line) { lines_.emplace_back(line); }}) {}
  std::vector<std::string> lines_;
};

TEST_F(ExplainingServiceTest, TellsHowEachChargeCameAbout) {
  MakeContainer(400);
  lines_.clear();
  EXPECT_EQ(Find(Create("a", "k"), header::kChargeExplanation), "");
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_TRUE(lines_[0].starts_with("POST /dbs/d/colls/c/docs 201 create 0."));
  EXPECT_NE(lines_[0].find(" KB, 2 terms: 4.95 + 0.45·0."), std::string::npos) << lines_[0];
  EXPECT_TRUE(lines_[0].ends_with("× 4/21)")) << lines_[0];
  Query("SELECT * FROM c WHERE c.pk = 'k'");
  EXPECT_NE(lines_.at(1).find("query: 2.25 + 0.55 filter + 1 returned 0.038 = 2.84 RU"),
            std::string::npos)
      << lines_[1];
  const HttpResponse feed = Send("GET", "/dbs/d/colls/c/docs");
  EXPECT_NE(lines_.at(2).find("200 feed page: 1.8 + 1 returned 0.038 = 1.84 RU"), std::string::npos)
      << lines_[2];
}

TEST_F(ExplainingServiceTest, StatesTheBasisOfItsCharges) {
  EXPECT_EQ(Find(Send("GET", "/"), header::kChargeBasis),
            "modelled; calibrated 2026-11-21 on a trial account");
}

TEST_F(ServiceTest, ExplainsAChargeToWhoAsks) {
  MakeContainer(400);
  const HttpResponse told = Create("a", "k", "", {{header::kExplain, "true"}});
  EXPECT_TRUE(Find(told, header::kChargeExplanation).starts_with("create 0.")) << told.body;
  EXPECT_EQ(Find(Create("b", "k"), header::kChargeExplanation), "");
}

TEST_F(ServiceTest, SaysThatChargesAreModelled) {
  const HttpResponse account = Send("GET", "/");
  EXPECT_EQ(account.status, 200);
  EXPECT_EQ(Find(account, header::kChargeBasis), "modelled");
  EXPECT_NE(account.body.find("modelled"), std::string::npos);
}

TEST_F(ServiceTest, CutsAContainerIntoPartitionsByThroughput) {
  MakeContainer(12'100);
  const HttpResponse ranges = Send("GET", "/dbs/d/colls/c/pkranges");
  EXPECT_NE(ranges.body.find("\"_count\":3"), std::string::npos) << ranges.body;
  EXPECT_NE(ranges.body.find(R"("id":"0")"), std::string::npos);
  EXPECT_NE(ranges.body.find(R"("maxExclusive":"FF")"), std::string::npos);
  EXPECT_NE(ranges.body.find(R"("minInclusive":"")"), std::string::npos);
}

// The Java SDK reads the ranges so, and signs the container's rid alone, in lower case.
TEST_F(ServiceTest, FindsAContainerByItsRid) {
  MakeContainer(400);
  const std::string shown = Send("GET", "/dbs/d/colls/c").body;
  simdjson::dom::parser parser;
  std::string self(parser.parse(shown)["_self"].get_c_str().value());
  self.pop_back();
  const std::string rid = self.substr(self.rfind('/') + 1);
  const std::string date = HttpDate(WallUnixNs() / kNsPerSecond);
  const auto get = [&](const std::string& link) {
    const std::string token = key_.Token("GET", "pkranges", link, date);
    const std::string path = absl::StrCat("/", self, "/pkranges");
    HttpRequest request{.method = "GET", .path = path, .headers = {}, .body = ""};
    request.headers = {{header::kDate, date}, {header::kAuthorization, token}};
    return service_.Answer(request).status;
  };
  EXPECT_EQ(get(absl::AsciiStrToLower(rid)), 200);
  EXPECT_EQ(get(rid), 401);
  EXPECT_EQ(get("dbs/d/colls/c"), 401);
}

TEST_F(ServiceTest, ManagesDatabasesAndContainers) {
  MakeContainer(400);
  EXPECT_EQ(Send("POST", "/dbs", R"({"id":"d"})").status, 409);
  EXPECT_EQ(Send("GET", "/dbs/d").status, 200);
  EXPECT_EQ(Send("GET", "/dbs/none").status, 404);
  EXPECT_NE(Send("GET", "/dbs/d/colls").body.find("\"_count\":1"), std::string::npos);
  const std::string shown = Send("GET", "/dbs/d/colls/c").body;
  EXPECT_NE(shown.find(R"("partitionKey":{"paths":["/pk"],"kind":"Hash","version":2})"),
            std::string::npos);
  EXPECT_EQ(Send("POST", "/dbs/d/colls", R"({"id":"x"})").status, 400);
  EXPECT_EQ(Send("DELETE", "/dbs/d/colls/c").status, 204);
  EXPECT_EQ(Send("GET", "/dbs/d/colls/c").status, 404);
  EXPECT_EQ(Send("DELETE", "/dbs/d").status, 204);
  EXPECT_EQ(Send("GET", "/dbs/d").status, 404);
}

TEST_F(ServiceTest, CreatesReadsReplacesAndDeletes) {
  MakeContainer(400);
  EXPECT_EQ(Create("a", "p", R"(,"v":1)").status, 201);
  EXPECT_EQ(Create("a", "p").status, 409);
  EXPECT_EQ(Create("a", "q").status, 201);  // another key, another item
  const HttpResponse read = Item("GET", "a", "p");
  EXPECT_EQ(read.status, 200);
  EXPECT_EQ(read.body.find(R"({"id":"a","pk":"p","v":1,"_rid":")"), 0u) << read.body;
  EXPECT_EQ(Charge(read), 1);
  EXPECT_EQ(Item("PUT", "a", "p", R"({"id":"a","pk":"p","v":2})").status, 200);
  EXPECT_NE(Item("GET", "a", "p").body.find("\"v\":2"), std::string::npos);
  EXPECT_EQ(Item("PUT", "b", "p", R"({"id":"b","pk":"p"})").status, 404);
  EXPECT_EQ(Item("DELETE", "a", "p").status, 204);
  EXPECT_EQ(Item("GET", "a", "p").status, 404);
  EXPECT_EQ(Item("GET", "a", "q").status, 200);
}

TEST_F(ServiceTest, UpsertCreatesAndThenReplaces) {
  MakeContainer(400);
  const Headers upsert = {{header::kIsUpsert, "True"}};
  EXPECT_EQ(Create("a", "p", R"(,"v":1)", upsert).status, 201);
  EXPECT_EQ(Create("a", "p", R"(,"v":2)", upsert).status, 200);
  EXPECT_NE(Item("GET", "a", "p").body.find("\"v\":2"), std::string::npos);
}

TEST_F(ServiceTest, HonoursEtags) {
  MakeContainer(400);
  const std::string first = Find(Create("a", "p"), header::kEtag);
  const std::string body = R"({"id":"a","pk":"p","v":2})";
  EXPECT_EQ(Item("GET", "a", "p", "", {{header::kIfNoneMatch, first}}).status, 304);
  EXPECT_EQ(Item("PUT", "a", "p", body, {{header::kIfMatch, "\"other\""}}).status, 412);
  const HttpResponse replaced = Item("PUT", "a", "p", body, {{header::kIfMatch, first}});
  EXPECT_EQ(replaced.status, 200);
  EXPECT_NE(Find(replaced, header::kEtag), first);
  EXPECT_EQ(Item("GET", "a", "p", "", {{header::kIfNoneMatch, first}}).status, 200);
  EXPECT_EQ(Item("DELETE", "a", "p", "", {{header::kIfMatch, first}}).status, 412);
  EXPECT_EQ(Item("DELETE", "a", "p", "", {{header::kIfMatch, "*"}}).status, 204);
}

TEST_F(ServiceTest, DeletesAllItemsOfAPartitionKey) {
  MakeContainer(400, R"(,"uniqueKeyPolicy":{"uniqueKeys":[{"paths":["/mail"]}]})");
  for (const char* id : {"1", "2", "3"}) {
    ASSERT_EQ(Create(id, "p", absl::StrCat(R"(,"mail":")", id, "\"")).status, 201);
    ASSERT_EQ(Create(id, "q", absl::StrCat(R"(,"mail":")", id, "\"")).status, 201);
  }
  const std::string path = "/dbs/d/colls/c/operations/partitionkeydelete";
  const HttpResponse done = Send("POST", path, "", {{header::kPartitionKey, R"(["p"])"}});
  EXPECT_EQ(done.status, 200) << done.body;
  EXPECT_EQ(Rows(Query("SELECT VALUE c.pk FROM c")), R"(["q","q","q"])");
  EXPECT_EQ(Create("9", "p", R"(,"mail":"1")").status, 201);
  EXPECT_EQ(Send("POST", path).status, 400);
  EXPECT_EQ(Send("GET", path, "", {{header::kPartitionKey, R"(["q"])"}}).status, 405);
}

TEST_F(ServiceTest, SaysWhatIsWrongWithAPartitionKey) {
  MakeContainer(400);
  const auto refusal = [&](const std::string& key) {
    return Send("GET", "/dbs/d/colls/c/docs/1", "", {{header::kPartitionKey, key}}).body;
  };
  EXPECT_NE(refusal(R"(["a","b"])").find("more levels than"), std::string::npos);
  EXPECT_NE(refusal("[]").find("fewer levels than"), std::string::npos);
  EXPECT_NE(refusal("a").find("a JSON array of 1 to 3"), std::string::npos);
  EXPECT_NE(refusal(R"([{"a":1}])").find("a JSON array of 1 to 3"), std::string::npos);
  EXPECT_NE(refusal("[\"" + std::string(2049, 'k') + "\"]").find("2,048 bytes"), std::string::npos);
}

TEST_F(ServiceTest, ComparesTheKeyOfHeaderAndItem) {
  MakeContainer(400);
  const HttpResponse refused = Send("POST", "/dbs/d/colls/c/docs", R"({"id":"a","pk":"p"})",
                                    {{header::kPartitionKey, "[\"q\"]"}});
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(Find(refused, header::kSubstatus), "1001");
  EXPECT_EQ(Send("POST", "/dbs/d/colls/c/docs", R"({"id":"a"})", {{header::kPartitionKey, "[{}]"}})
                .status,
            201);
  EXPECT_EQ(Send("POST", "/dbs/d/colls/c/docs", R"({"id":"a","pk":null})",
                 {{header::kPartitionKey, "[null]"}})
                .status,
            201);
  EXPECT_EQ(Send("POST", "/dbs/d/colls/c/docs", R"({"id":"a","pk":1})").status, 400);
}

TEST_F(ServiceTest, ChargesWritesByWhatThePolicyIndexes) {
  MakeContainer(400, R"(,"indexingPolicy":{"includedPaths":[],"excludedPaths":[{"path":"/*"}]})");
  const double few = Charge(Create("a", "p", R"(,"x":1,"y":2,"z":3,"w":4)"));
  ASSERT_EQ(Send("DELETE", "/dbs/d").status, 204);
  MakeContainer(400);
  const double all = Charge(Create("a", "p", R"(,"x":1,"y":2,"z":3,"w":4)"));
  EXPECT_NEAR(all - few, 4 * 0.45, 0.2);
}

TEST_F(ServiceTest, BulkAnswersForEachOperation) {
  MakeContainer(400);
  ASSERT_EQ(Create("there", "p").status, 201);
  const std::string body =
      R"([{"operationType":"Create","partitionKey":"[\"p\"]","resourceBody":{"id":"a","pk":"p"}},)"
      R"({"operationType":"Create","partitionKey":"[\"p\"]","resourceBody":{"id":"there","pk":"p"}},)"
      R"({"operationType":"Upsert","partitionKey":"[\"q\"]","resourceBody":{ "id":"b", "pk":"q"}},)"
      R"({"operationType":"Read","partitionKey":"[\"p\"]","id":"a"},)"
      R"({"operationType":"Create","partitionKey":"[\"x\"]","resourceBody":{"id":"c","pk":"y"}},)"
      R"({"operationType":"Create","partitionKey":"[\"x\"]","resourceBody":{"pk":"x"}},)"
      R"({"operationType":"Delete","partitionKey":"[\"p\"]","id":"none"}])";
  const HttpResponse response =
      Send("POST", "/dbs/d/colls/c/docs", body,
           {{header::kIsBatchRequest, "True"}, {header::kPartitionKeyRangeId, "0"}});
  EXPECT_EQ(response.status, 207);
  simdjson::dom::parser parser;
  std::vector<int64_t> statuses;
  double total = 0;
  for (const auto result : simdjson::dom::array(parser.parse(response.body))) {
    statuses.push_back(int64_t(result["statusCode"]));
    total += double(result["requestCharge"]);
  }
  EXPECT_EQ(statuses, (std::vector<int64_t>{201, 409, 201, 200, 400, 400, 404}));
  EXPECT_NEAR(total, Charge(response), 0.005);
  EXPECT_EQ(Item("GET", "b", "q").status, 200);
}

TEST_F(ServiceTest, BulkToAMissingRangeIsGone) {
  MakeContainer(400);
  const HttpResponse response =
      Send("POST", "/dbs/d/colls/c/docs", "[]",
           {{header::kIsBatchRequest, "True"}, {header::kPartitionKeyRangeId, "7"}});
  EXPECT_EQ(response.status, 410);
  EXPECT_EQ(Find(response, header::kSubstatus), "1002");
}

TEST_F(ServiceTest, AFailedBatchLeavesNothingBehind) {
  MakeContainer(400);
  ASSERT_EQ(Create("kept", "p", R"(,"v":1)").status, 201);
  ASSERT_EQ(Create("other", "p", R"(,"v":1)").status, 201);
  const std::string before = Rows(Query("SELECT c.id, c.v, c._etag FROM c"));
  const std::string body =
      R"([{"operationType":"Create","resourceBody":{"id":"new","pk":"p"}},)"
      R"({"operationType":"Replace","id":"kept","resourceBody":{"id":"kept","pk":"p","v":2}},)"
      R"({"operationType":"Delete","id":"other"},)"
      R"({"operationType":"Create","resourceBody":{"id":"other","pk":"p","v":3}},)"
      R"({"operationType":"Create","resourceBody":{"id":"kept","pk":"p"}}])";
  const HttpResponse response = Send("POST", "/dbs/d/colls/c/docs", body,
                                     {{header::kIsBatchRequest, "True"},
                                      {header::kBatchAtomic, "True"},
                                      {header::kPartitionKey, "[\"p\"]"}});
  EXPECT_EQ(response.status, 207);
  EXPECT_EQ(response.body.find(R"([{"statusCode":424)"), 0u) << response.body;
  EXPECT_NE(response.body.find(R"({"statusCode":409)"), std::string::npos);
  EXPECT_EQ(Rows(Query("SELECT c.id, c.v, c._etag FROM c")), before);
  EXPECT_EQ(Item("GET", "new", "p").status, 404);
}

TEST_F(ServiceTest, QueriesStayWithinAKeyOrARange) {
  MakeContainer(24'000);
  for (int i = 0; i < 40; ++i) {
    ASSERT_EQ(
        Create(absl::StrCat("i", i), absl::StrCat("k", i % 8), absl::StrCat(",\"v\":", i)).status,
        201);
  }
  EXPECT_EQ(Rows(Query("SELECT VALUE c.v FROM c", {{header::kPartitionKey, "[\"k3\"]"}})),
            "[3,11,19,27,35]");
  std::multiset<std::string> ids;
  for (int range = 0; range < 4; ++range) {
    const HttpResponse part =
        Query("SELECT VALUE c.pk FROM c", {{header::kPartitionKeyRangeId, absl::StrCat(range)}});
    simdjson::dom::parser parser;
    for (const auto pk : simdjson::dom::array(parser.parse(part.body)["Documents"])) {
      const std::string_view text(pk);
      ids.emplace(text);
      const auto key = HashPartitionKey(PartitionKeyValue::String(text));
      EXPECT_TRUE(EvenBound(range, 4) <= key && key < EvenBound(range + 1, 4)) << text;
    }
  }
  EXPECT_EQ(ids.size(), 40u);
}

TEST_F(ServiceTest, PagesGiveEveryRowOnce) {
  MakeContainer(12'000);
  for (int i = 0; i < 25; ++i) {
    ASSERT_EQ(Create(absl::StrCat("i", i), absl::StrCat("k", i), absl::StrCat(",\"v\":", i)).status,
              201);
  }
  std::multiset<int64_t> seen;
  std::string continuation;
  int pages = 0;
  do {
    Headers headers = {{header::kMaxItemCount, "4"}};
    if (!continuation.empty()) headers.emplace_back(header::kContinuation, continuation);
    const HttpResponse page = Query("SELECT VALUE c.v FROM c WHERE c.v != 13", headers);
    ASSERT_EQ(page.status, 200) << page.body;
    simdjson::dom::parser parser;
    for (const auto v : simdjson::dom::array(parser.parse(page.body)["Documents"])) {
      seen.insert(int64_t(v));
    }
    continuation = Find(page, header::kContinuation);
  } while (!continuation.empty() && ++pages < 50);
  EXPECT_EQ(seen.size(), 24u);
  EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 24u);
}

TEST_F(ServiceTest, AnswersTheQueriesOfTheLanguage) {
  MakeContainer(400);
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(
        Create(absl::StrCat("i", i), "p", absl::StrCat(",\"v\":", i, ",\"g\":\"", i % 3, "\""))
            .status,
        201);
  }
  ASSERT_EQ(Create("bare", "p").status, 201);
  EXPECT_EQ(Rows(Query("SELECT VALUE c.v FROM c WHERE c.v > 6 ORDER BY c.v DESC")), "[9,8,7]");
  // Under the default policy an order does not find items without its property.
  EXPECT_EQ(Rows(Query("SELECT TOP 2 c.id FROM c ORDER BY c.v ASC")),
            R"([{"id":"i0"},{"id":"i1"}])");
  EXPECT_EQ(Rows(Query("SELECT VALUE c.v FROM c ORDER BY c.v OFFSET 3 LIMIT 2")), "[3,4]");
  EXPECT_EQ(Rows(Query("SELECT c.v FROM c OFFSET 9 LIMIT 5")), R"([{"v":9},{}])");
  EXPECT_EQ(
      Rows(Query("SELECT c.g, COUNT(1) AS n, SUM(c.v) AS s, AVG(c.v) AS a FROM c "
                 "WHERE IS_DEFINED(c.g) GROUP BY c.g")),
      R"([{"g":"0","n":4,"s":18,"a":4.5},{"g":"1","n":3,"s":12,"a":4},{"g":"2","n":3,"s":15,"a":5}])");
  EXPECT_EQ(Rows(Query("SELECT VALUE COUNT(1) FROM c WHERE c.v > 100")), "[0]");
  EXPECT_EQ(Rows(Query("SELECT DISTINCT VALUE c.g FROM c")), R"(["0","1","2"])");
  EXPECT_EQ(Rows(Query("SELECT VALUE MAX(c.v) - MIN(c.v) FROM c")), "[9]");
  EXPECT_EQ(Rows(Query("SELECT VALUE {floor: FLOOR(c.v / 4), n: COUNT(1)} FROM c WHERE c.v >= 0 "
                       "GROUP BY FLOOR(c.v / 4)")),
            R"([{"floor":0,"n":4},{"floor":1,"n":4},{"floor":2,"n":2}])");
  EXPECT_EQ(Query("SELECT c.v FROM c ORDER BY c.v, c.g").status, 400);  // no composite index
  EXPECT_EQ(Query("SELECT FROM c").status, 400);
}

TEST_F(ServiceTest, UsesACompositeIndexForSeveralOrders) {
  MakeContainer(400, R"(,"indexingPolicy":{"includedPaths":[{"path":"/*"}],"compositeIndexes":[[)"
                     R"({"path":"/g","order":"ascending"},{"path":"/v","order":"descending"}]]})");
  for (int i = 0; i < 4; ++i) {
    ASSERT_EQ(
        Create(absl::StrCat("i", i), "p", absl::StrCat(",\"v\":", i, ",\"g\":", i % 2)).status,
        201);
  }
  EXPECT_EQ(Rows(Query("SELECT VALUE c.v FROM c ORDER BY c.g ASC, c.v DESC")), "[2,0,3,1]");
  EXPECT_EQ(Rows(Query("SELECT VALUE c.v FROM c ORDER BY c.g DESC, c.v ASC")), "[1,3,0,2]");
  EXPECT_EQ(Query("SELECT VALUE c.v FROM c ORDER BY c.g ASC, c.v ASC").status, 400);
}

TEST_F(ServiceTest, EqualityFindsWhatWasWrittenBeforeAndAfterItsIndex) {
  MakeContainer(400);
  const std::string query = "SELECT VALUE c.id FROM c WHERE c.t = 'x'";
  ASSERT_EQ(Create("a", "p", R"(,"t":"x")").status, 201);
  ASSERT_EQ(Create("b", "q", R"(,"t":"y")").status, 201);
  EXPECT_EQ(Rows(Query(query)), R"(["a"])");
  ASSERT_EQ(Create("c", "r", R"(,"t":"x")").status, 201);
  ASSERT_EQ(Item("PUT", "b", "q", R"({"id":"b","pk":"q","t":"x"})").status, 200);
  EXPECT_EQ(Rows(Query(query)), R"(["a","b","c"])");
  ASSERT_EQ(Item("DELETE", "a", "p").status, 204);
  ASSERT_EQ(Item("PUT", "b", "q", R"({"id":"b","pk":"q","t":null})").status, 200);
  EXPECT_EQ(Rows(Query(query)), R"(["c"])");
}

TEST_F(ServiceTest, SendsQueriesThatNeedMergingBackToTheClient) {
  MakeContainer(12'000);
  for (const char* query : {"SELECT * FROM c ORDER BY c.v", "SELECT VALUE COUNT(1) FROM c",
                            "SELECT c.g FROM c GROUP BY c.g", "SELECT TOP 1 * FROM c"}) {
    const HttpResponse response = Query(query);
    EXPECT_EQ(response.status, 400) << query;
    EXPECT_EQ(Find(response, header::kSubstatus), "1004");
    EXPECT_NE(response.body.find("additionalErrorInfo"), std::string::npos);
    EXPECT_EQ(Query(query, {{header::kPartitionKeyRangeId, "1"}}).status, 200) << query;
  }
}

TEST_F(ServiceTest, ChargesQueriesByTheModel) {
  MakeContainer(30'000);
  EXPECT_EQ(Charge(Query("SELECT * FROM c WHERE c.v = 1")), 14.0);  // five empty partitions
  EXPECT_EQ(Charge(Query("SELECT * FROM c WHERE c.v = 1", {{header::kPartitionKeyRangeId, "0"}})),
            2.8);
}

TEST_F(ServiceTest, ScansCostMoreThanIndexedFilters) {
  MakeContainer(400, R"(,"indexingPolicy":{"includedPaths":[{"path":"/*"}],)"
                     R"("excludedPaths":[{"path":"/dark/?"}]})");
  for (int i = 0; i < 50; ++i) {
    ASSERT_EQ(Create(absl::StrCat("i", i), "p", R"(,"lit":1,"dark":1)").status, 201);
  }
  EXPECT_EQ(Charge(Query("SELECT * FROM c WHERE c.lit = 2")), 2.8);
  EXPECT_NEAR(Charge(Query("SELECT * FROM c WHERE c.dark = 2")), 2.8 + 50 * 0.038, 0.006);
}

TEST_F(ServiceTest, FindsTheOfferOfAContainer) {
  MakeContainer(7000);
  const std::string shown = Send("GET", "/dbs/d/colls/c").body;
  simdjson::dom::parser parser;
  const std::string self(std::string_view(parser.parse(shown)["_self"]));
  const HttpResponse offers = Send(
      "POST", "/offers",
      absl::StrCat(R"({"query":"SELECT * from root where root.resource = \")", self, R"(\""})"));
  EXPECT_NE(offers.body.find("\"offerThroughput\":7000"), std::string::npos) << offers.body;
  EXPECT_NE(offers.body.find("\"_count\":1"), std::string::npos);
}

class ThrottledServiceTest : public ServiceTest {
 protected:
  ThrottledServiceTest() : ServiceTest(Service::Settings{}) {}
};

TEST_F(ThrottledServiceTest, AnswersTooManyRequestsWhenThePartitionsBudgetIsSpent) {
  MakeContainer(400);
  HttpResponse last;
  for (int i = 0; i < 400 && last.status != 429; ++i) last = Create(absl::StrCat("i", i), "p");
  ASSERT_EQ(last.status, 429);
  EXPECT_EQ(Find(last, header::kSubstatus), "3200");
  EXPECT_EQ(Charge(last), 0.38);
  int wait = 0;
  ASSERT_TRUE(absl::SimpleAtoi(Find(last, header::kRetryAfterMs), &wait));
  EXPECT_GT(wait, 0);
  EXPECT_LE(wait, 1100);
  EXPECT_NE(last.body.find("TooManyRequests"), std::string::npos);
}

TEST_F(ThrottledServiceTest, ThrottlesTheRestOfABulkRequest) {
  MakeContainer(400);
  bool partly = false;
  for (int round = 0; round < 20 && !partly; ++round) {
    std::string body;
    for (int i = 0; i < 100; ++i) {
      absl::StrAppend(
          &body, body.empty() ? "[" : ",",
          R"({"operationType":"Create","partitionKey":"[\"p\"]","resourceBody":{"id":")", round,
          "-", i, R"(","pk":"p"}})");
    }
    const HttpResponse response =
        Send("POST", "/dbs/d/colls/c/docs", body + "]",
             {{header::kIsBatchRequest, "True"}, {header::kPartitionKeyRangeId, "0"}});
    partly = response.status == 207 &&
             response.body.find(R"("statusCode":201)") != std::string::npos &&
             response.body.find(R"("statusCode":429,"requestCharge":0.38,"subStatusCode":3200)") !=
                 std::string::npos;
  }
  EXPECT_TRUE(partly);
}

}  // namespace
}  // namespace weir::cosmos::emulator
