// Sessions against a server that says what each test needs.
#include "backends/cosmos/cosmos_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/cosmos_backend.h"
#include "base/clock.h"
#include "tests/backends/cosmos/scripted_server.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"

namespace weir::cosmos {
namespace {

using ::testing::HasSubstr;
using Then = ScriptedAnswer::Then;

constexpr char kKeyVariable[] = "WEIR_TEST_SESSION_KEY";
constexpr char kDocuments[] = "/dbs/weir/colls/records/docs";

// Ranges by name, evenly over the key space.
ScriptedAnswer RangesAnswer(const std::vector<std::string>& ids) {
  nlohmann::json ranges = nlohmann::json::array();
  for (size_t i = 0; i < ids.size(); ++i) {
    const int n = static_cast<int>(ids.size());
    ranges.push_back({{"id", ids[i]},
                      {"minInclusive", EvenBound(static_cast<int>(i), n).ToHex()},
                      {"maxExclusive", EvenBound(static_cast<int>(i) + 1, n).ToHex()}});
  }
  return {.headers = {}, .body = nlohmann::json{{"PartitionKeyRanges", ranges}}.dump()};
}

ScriptedAnswer Charged(int status, const std::string& charge, std::string body = "{}") {
  return {.status = status, .headers = {{"x-ms-request-charge", charge}}, .body = std::move(body)};
}

class CosmosSessionTest : public ::testing::Test {
 protected:
  CosmosSessionTest()
      : server_([this](const ScriptedRequest& request) { return Answer(request); }) {
    setenv(kKeyVariable, std::string(kWellKnownEmulatorKey).c_str(), 1);
    target_.set_endpoint(server_.endpoint());
    target_.mutable_key()->set_env(kKeyVariable);
    target_.set_database("weir");
    target_.set_container("records");
    target_.set_page_size(10);
    target_.set_minimal_response(true);
    target_.mutable_connect_timeout()->set_ns(2 * kNsPerSecond);
  }

  ScriptedAnswer Answer(const ScriptedRequest& request) {
    if (request.target == "/") return {};
    if (absl::EndsWith(request.target, "/pkranges")) return RangesAnswer(range_ids_);
    return on_documents_(request);
  }

  void Open() {
    auto backend = MakeCosmosBackend(target_, records_);
    ASSERT_TRUE(backend.ok()) << backend.status();
    backend_ = *std::move(backend);
    auto session = backend_->OpenSession(driver_.loop(), driver_);
    ASSERT_TRUE(session.ok()) << session.status();
    session_ = *std::move(session);
  }

  KeptOutcome Run(OperationKind kind, uint64_t record = 0, uint32_t attempt = 1) {
    Operation operation;
    operation.kind = kind;
    operation.first_record = record;
    operation.attempt = attempt;
    operation.in_doubt = attempt > 1;
    return driver_.Run(*session_, operation);
  }

  KeptOutcome RunBulk(uint32_t records, uint32_t attempt = 1) {
    Operation operation;
    operation.kind = OperationKind::kInsert;
    operation.records = records;
    operation.attempt = attempt;
    operation.in_doubt = attempt > 1;
    operation.applied = &applied_;
    if (attempt == 1) applied_.Reset(records);
    return driver_.Run(*session_, operation);
  }

  KeptOutcome RunQuery(const char* name, std::vector<Value> parameters) {
    Operation operation;
    operation.kind = OperationKind::kQuery;
    operation.query = records_.schema().FindQuery(name);
    operation.parameters = parameters;
    return driver_.Run(*session_, operation);
  }

  // Those to the documents.
  std::vector<ScriptedRequest> DocumentRequests() const {
    std::vector<ScriptedRequest> requests;
    for (const ScriptedRequest& request : server_.requests()) {
      if (absl::StartsWith(request.target, kDocuments)) requests.push_back(request);
    }
    return requests;
  }

  const SampleRecords records_;
  std::vector<std::string> range_ids_ = {"0"};
  ScriptedServer::Script on_documents_ = [](const ScriptedRequest&) {
    return Charged(201, "5.71");
  };
  ScriptedServer server_;
  v1::CosmosTarget target_;
  SessionDriver driver_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Session> session_;
  AppliedRecords applied_;
};

// ------------------------------------------------------------------------------ point operations

TEST_F(CosmosSessionTest, CreateIsSignedAndCarriesTheDocument) {
  Open();
  const KeptOutcome done = Run(OperationKind::kInsert, 3);
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_EQ(done.outcome.charge, 5'710);
  EXPECT_EQ(done.outcome.records, 1u);
  EXPECT_EQ(done.outcome.partition, 0);
  const ScriptedRequest request = DocumentRequests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.target, kDocuments);
  const nlohmann::json document = nlohmann::json::parse(request.body);
  EXPECT_EQ(document["id"], "r-3");
  EXPECT_EQ(nlohmann::json::parse(request.header("x-ms-documentdb-partitionkey")),
            nlohmann::json::array({document["region"]}));
  EXPECT_EQ(request.header("content-type"), "application/json");
  EXPECT_EQ(request.header("prefer"), "return=minimal");
  EXPECT_EQ(request.header("x-ms-version"), "2018-12-31");
  EXPECT_EQ(request.headers.count("expect"), 0u);
  EXPECT_EQ(request.headers.count("x-ms-documentdb-is-upsert"), 0u);
  const auto key = MasterKey::FromBase64(kWellKnownEmulatorKey);
  EXPECT_TRUE(key->Verifies(request.header("authorization"), "post", "docs",
                            "dbs/weir/colls/records", request.header("x-ms-date")));
}

TEST_F(CosmosSessionTest, CountsTheBytesOfRequestAndAnswer) {
  Open();
  const KeptOutcome done = Run(OperationKind::kInsert, 0);
  const ScriptedRequest request = DocumentRequests().at(0);
  size_t bytes = request.method.size() + request.target.size() + sizeof("  HTTP/1.1\r\n") - 1 + 2;
  for (const auto& [name, value] : request.headers) bytes += name.size() + value.size() + 4;
  EXPECT_EQ(done.outcome.bytes_sent, bytes + request.body.size());
  EXPECT_GT(done.outcome.bytes_received, 40u);
}

TEST_F(CosmosSessionTest, EachOperationUsesItsMethodOnOneConnection) {
  on_documents_ = [](const ScriptedRequest& request) {
    return Charged(request.method == "DELETE" ? 204 : 200, "1",
                   request.method == "DELETE" ? "" : "{}");
  };
  Open();
  for (const OperationKind kind : {OperationKind::kUpsert, OperationKind::kRead,
                                   OperationKind::kReplace, OperationKind::kDelete}) {
    const KeptOutcome done = Run(kind, 5);
    EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
    EXPECT_EQ(done.outcome.records, 1u);
  }
  const std::vector<ScriptedRequest> requests = DocumentRequests();
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[0].header("x-ms-documentdb-is-upsert"), "true");
  EXPECT_EQ(requests[1].method + " " + requests[1].target,
            absl::StrCat("GET ", kDocuments, "/r-5"));
  EXPECT_EQ(requests[2].method, "PUT");
  EXPECT_EQ(nlohmann::json::parse(requests[2].body)["id"], "r-5");
  EXPECT_EQ(requests[3].method, "DELETE");
  EXPECT_EQ(requests[3].body, "");
  EXPECT_EQ(server_.connections(), 1u);
}

TEST_F(CosmosSessionTest, SessionConsistencyShowsTheLatestTokens) {
  target_.set_consistency(v1::CONSISTENCY_SESSION);
  on_documents_ = [](const ScriptedRequest& request) {
    ScriptedAnswer answer = Charged(request.method == "GET" ? 200 : 201, "1");
    answer.headers["x-ms-session-token"] = "0:-1#42";
    return answer;
  };
  Open();
  Run(OperationKind::kInsert);
  Run(OperationKind::kRead);
  const std::vector<ScriptedRequest> requests = DocumentRequests();
  EXPECT_EQ(requests.at(1).header("x-ms-consistency-level"), "Session");
  EXPECT_EQ(requests.at(1).header("x-ms-session-token"), "0:-1#42");
}

TEST_F(CosmosSessionTest, RefusalsBecomeVerdictsWithTheServersWords) {
  ScriptedAnswer answer;
  on_documents_ = [&answer](const ScriptedRequest&) { return answer; };
  Open();
  answer = Charged(404, "1",
                   R"({"code":"NotFound","message":"Entity does not exist\r\nActivityId: 1"})");
  KeptOutcome done = Run(OperationKind::kRead);
  EXPECT_EQ(done.outcome.verdict, Verdict::kNotFound);
  EXPECT_EQ(done.words, "Entity does not exist");
  EXPECT_EQ(done.outcome.charge, 1'000);
  answer.headers["x-ms-substatus"] = "1003";
  EXPECT_EQ(Run(OperationKind::kRead).outcome.verdict, Verdict::kFailed);
  answer = Charged(429, "0.38", R"({"code":"TooManyRequests","message":"rate is large"})");
  answer.headers["x-ms-retry-after-ms"] = "7";
  done = Run(OperationKind::kInsert);
  EXPECT_EQ(done.outcome.verdict, Verdict::kThrottled);
  EXPECT_TRUE(done.outcome.retryable);
  EXPECT_EQ(done.outcome.retry_after_ns, 7 * kNsPerMs);
  EXPECT_EQ(done.outcome.throttled_parts, 1u);
  EXPECT_EQ(done.outcome.charge, 380);
  EXPECT_EQ(done.outcome.partition, 0);
  answer = Charged(500, "0", "");
  done = Run(OperationKind::kInsert);
  EXPECT_EQ(done.outcome.verdict, Verdict::kFailed);
  EXPECT_EQ(done.words, "HTTP status 500");
}

TEST_F(CosmosSessionTest, AConflictOnARetriedCreateIsItsOwnEarlierWrite) {
  on_documents_ = [](const ScriptedRequest&) { return Charged(409, "1.24"); };
  Open();
  EXPECT_EQ(Run(OperationKind::kInsert, 0, 1).outcome.verdict, Verdict::kConflict);
  const KeptOutcome retried = Run(OperationKind::kInsert, 0, 2);
  EXPECT_EQ(retried.outcome.verdict, Verdict::kOk);
  EXPECT_EQ(retried.outcome.records, 1u);
  EXPECT_EQ(retried.outcome.charge, 1'240);
}

// ------------------------------------------------------------------------------------ connections

TEST_F(CosmosSessionTest, ALostConnectionIsInDoubtAndTheRequestIsNotRepeated) {
  bool hang_up = false;
  on_documents_ = [&hang_up](const ScriptedRequest&) {
    ScriptedAnswer answer = Charged(201, "5");
    if (hang_up) answer.then = Then::kHangUp;
    return answer;
  };
  Open();
  ASSERT_EQ(Run(OperationKind::kInsert, 0).outcome.verdict, Verdict::kOk);
  hang_up = true;  // on a connection that has been used before, where libcurl would try again
  const KeptOutcome lost = Run(OperationKind::kInsert, 1);
  EXPECT_EQ(lost.outcome.verdict, Verdict::kInDoubt);
  EXPECT_TRUE(lost.outcome.retryable);
  EXPECT_NE(lost.words, "");
  EXPECT_EQ(DocumentRequests().size(), 2u);
  hang_up = false;
  EXPECT_EQ(Run(OperationKind::kInsert, 2).outcome.verdict, Verdict::kOk);
  ASSERT_EQ(driver_.ready().size(), 1u);
  EXPECT_EQ(driver_.ready()[0], session_.get());
}

TEST_F(CosmosSessionTest, AnAbandonedOperationLeavesTheSessionFree) {
  bool stall = true;
  on_documents_ = [&stall](const ScriptedRequest&) {
    ScriptedAnswer answer = Charged(201, "5");
    if (stall) answer.then = Then::kStall;
    stall = false;
    return answer;
  };
  Open();
  Operation insert;
  insert.kind = OperationKind::kInsert;
  const Ticket ticket = driver_.Start(*session_, insert);
  EXPECT_EQ(session_->Capacity(), 0);
  ASSERT_TRUE(driver_.RunUntil([&] { return DocumentRequests().size() == 1; }));
  session_->Abandon(ticket);
  EXPECT_EQ(session_->Capacity(), 1);
  EXPECT_EQ(Run(OperationKind::kInsert, 1).outcome.verdict, Verdict::kOk);
  EXPECT_EQ(driver_.CompletionsOf(ticket), 0);
}

TEST_F(CosmosSessionTest, OpeningTellsWhyItCannot) {
  auto backend = MakeCosmosBackend(target_, records_);
  on_documents_ = [](const ScriptedRequest&) { return ScriptedAnswer{}; };
  target_.set_endpoint("http://127.0.0.1:1/");
  auto unreachable = MakeCosmosBackend(target_, records_);
  const absl::Status refused = (*unreachable)->OpenSession(driver_.loop(), driver_).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(refused.message(), HasSubstr("cosmos at http://127.0.0.1:1"));
  EXPECT_THAT(refused.message(), HasSubstr("onnection refused"));
  EXPECT_EQ((*unreachable)->SetUp(false).code(), absl::StatusCode::kUnavailable);
}

TEST_F(CosmosSessionTest, StaleRangesAreReadAnewBeforeTheNextOperation) {
  target_.set_partition_key("id");
  on_documents_ = [this](const ScriptedRequest& request) {
    if (request.header("x-ms-documentdb-partitionkeyrangeid") == "0") {
      range_ids_ = {"1", "2"};
      ScriptedAnswer gone = Charged(410, "0", R"({"code":"Gone","message":"split"})");
      gone.headers["x-ms-substatus"] = "1002";
      return gone;
    }
    nlohmann::json results = nlohmann::json::array();
    for (size_t i = 0; i < nlohmann::json::parse(request.body).size(); ++i) {
      results.push_back({{"statusCode", 201}});
    }
    return Charged(200, "10", results.dump());
  };
  Open();
  const KeptOutcome gone = RunBulk(20);
  EXPECT_EQ(gone.outcome.verdict, Verdict::kFailed);
  EXPECT_TRUE(gone.outcome.retryable);
  EXPECT_TRUE(gone.outcome.moved);
  EXPECT_EQ(gone.words, "split");
  const KeptOutcome again = RunBulk(20, 2);
  EXPECT_EQ(again.outcome.verdict, Verdict::kOk) << again.words;
  std::set<std::string> ranges;
  for (const ScriptedRequest& request : DocumentRequests()) {
    ranges.insert(request.header("x-ms-documentdb-partitionkeyrangeid"));
  }
  EXPECT_EQ(ranges, (std::set<std::string>{"0", "1", "2"}));
}

// ------------------------------------------------------------------------------------------- bulk

TEST_F(CosmosSessionTest, BulkRetriesOnlyWhatWasNotApplied) {
  range_ids_ = {"0", "1", "2", "3"};
  target_.set_partition_key("id");
  std::set<std::string> written;
  bool throttle = true;
  on_documents_ = [&](const ScriptedRequest& request) {
    nlohmann::json results = nlohmann::json::array();
    int place = 0;
    for (const nlohmann::json& operation : nlohmann::json::parse(request.body)) {
      const std::string id = operation["resourceBody"]["id"];
      EXPECT_EQ(operation["operationType"], "Create");
      EXPECT_EQ(operation["partitionKey"], "[\"" + id + "\"]");
      if (throttle && ++place % 3 == 0) {
        results.push_back(
            {{"statusCode", 429}, {"subStatusCode", 3200}, {"retryAfterMilliseconds", place}});
      } else {
        EXPECT_TRUE(written.insert(id).second) << id << " was sent twice";
        results.push_back({{"statusCode", 201}, {"requestCharge", 6.3}});
      }
    }
    return Charged(throttle ? 207 : 200, "12.5", results.dump());
  };
  Open();
  const KeptOutcome first = RunBulk(300);
  EXPECT_EQ(first.outcome.verdict, Verdict::kThrottled);
  EXPECT_EQ(first.outcome.throttled_parts, 4u);
  EXPECT_EQ(first.outcome.partition, -1);
  EXPECT_EQ(first.outcome.charge, 4 * 12'500);
  EXPECT_GT(first.outcome.retry_after_ns, 3 * kNsPerMs);
  EXPECT_EQ(first.outcome.records, applied_.count());
  EXPECT_GT(applied_.count(), 150u);
  EXPECT_LT(applied_.count(), 250u);
  throttle = false;
  const KeptOutcome second = RunBulk(300, 2);
  EXPECT_EQ(second.outcome.verdict, Verdict::kOk) << second.words;
  EXPECT_EQ(first.outcome.records + second.outcome.records, 300u);
  EXPECT_EQ(applied_.count(), 300u);
  EXPECT_EQ(written.size(), 300u);
  const ScriptedRequest request = DocumentRequests().front();
  EXPECT_EQ(request.header("x-ms-cosmos-is-batch-request"), "true");
  EXPECT_EQ(request.header("x-ms-cosmos-batch-atomic"), "false");
  EXPECT_EQ(request.header("x-ms-cosmos-batch-continue-on-error"), "true");
}

TEST_F(CosmosSessionTest, BulkWithAShortAnswerFails) {
  on_documents_ = [](const ScriptedRequest&) {
    return Charged(200, "1", R"([{"statusCode":201}])");
  };
  Open();
  const KeptOutcome done = RunBulk(3);
  EXPECT_EQ(done.outcome.verdict, Verdict::kFailed);
  EXPECT_EQ(done.outcome.records, 1u);
  EXPECT_EQ(done.outcome.partition, 0);
  EXPECT_THAT(done.words, HasSubstr("1 results for 3 operations"));
}

TEST_F(CosmosSessionTest, BulkWithNothingLeftIsDoneAtOnce) {
  Open();
  applied_.Reset(2);
  applied_.Add(0);
  applied_.Add(1);
  EXPECT_EQ(RunBulk(2, 2).outcome.verdict, Verdict::kOk);
  EXPECT_EQ(DocumentRequests().size(), 0u);
}

// ---------------------------------------------------------------------------------------- queries

TEST_F(CosmosSessionTest, AQueryFansOutFollowsPagesAndAddsCharges) {
  range_ids_ = {"0", "1"};
  target_.set_partition_key("id");
  on_documents_ = [](const ScriptedRequest& request) {
    const bool first_page = request.header("x-ms-continuation").empty();
    const bool first_range = request.header("x-ms-documentdb-partitionkeyrangeid") == "0";
    ScriptedAnswer answer = Charged(200, "2.5");
    answer.body = R"({"Documents":[{"k0":"a","k1":"m","a0":1},{"k0":"b","k1":"m","a0":2}]})";
    if (first_range && first_page) answer.headers["x-ms-continuation"] = "next: 1";
    if (!first_range) answer.body = R"({"Documents":[{"k0":"b","k1":"m","a0":2}]})";
    return answer;
  };
  Open();
  const KeptOutcome done = RunQuery("count_by_user_per_minute", {Value::Text("eu")});
  EXPECT_EQ(done.outcome.verdict, Verdict::kOk) << done.words;
  EXPECT_EQ(done.outcome.records, 2u);
  EXPECT_EQ(done.outcome.charge, 7'500);
  EXPECT_EQ(done.outcome.partition, -1);
  int continued = 0;
  for (const ScriptedRequest& request : DocumentRequests()) {
    EXPECT_EQ(request.header("x-ms-documentdb-isquery"), "true");
    EXPECT_EQ(request.header("content-type"), "application/query+json");
    EXPECT_EQ(request.header("x-ms-max-item-count"), "10");
    EXPECT_EQ(request.headers.count("x-ms-documentdb-partitionkey"), 0u);
    continued += request.header("x-ms-continuation") == "next: 1";
  }
  EXPECT_EQ(DocumentRequests().size(), 3u);
  EXPECT_EQ(continued, 1);
}

TEST_F(CosmosSessionTest, AQueryWithItsKeyGoesToOnePartition) {
  range_ids_ = {"0", "1"};
  on_documents_ = [](const ScriptedRequest&) {
    return Charged(200, "3", R"({"Documents":[{"id":"a"}]})");
  };
  Open();
  const KeptOutcome done = RunQuery(
      "recent_in_region", {Value::Text("é"), Value::Integer(0), Value::Integer(1'000'000)});
  EXPECT_EQ(done.outcome.records, 1u);
  EXPECT_GE(done.outcome.partition, 0);
  ASSERT_EQ(DocumentRequests().size(), 1u);
  EXPECT_EQ(DocumentRequests()[0].header("x-ms-documentdb-partitionkey"), "[\"\\u00e9\"]");
  EXPECT_EQ(DocumentRequests()[0].headers.count("x-ms-documentdb-partitionkeyrangeid"), 0u);
}

TEST_F(CosmosSessionTest, AThrottledPageEndsTheQueryWithTheChargeSoFar) {
  on_documents_ = [](const ScriptedRequest& request) {
    if (!request.header("x-ms-continuation").empty()) {
      ScriptedAnswer answer = Charged(429, "0.38", R"({"message":"slow down"})");
      answer.headers["x-ms-retry-after-ms"] = "12";
      return answer;
    }
    ScriptedAnswer answer = Charged(200, "40", R"({"Documents":[{"k0":"a","a1":1}]})");
    answer.headers["x-ms-continuation"] = "more";
    return answer;
  };
  Open();
  const KeptOutcome done = RunQuery("slowest_users", {Value::Integer(0)});
  EXPECT_EQ(done.outcome.verdict, Verdict::kThrottled);
  EXPECT_EQ(done.outcome.charge, 40'380);
  EXPECT_EQ(done.outcome.retry_after_ns, 12 * kNsPerMs);
  EXPECT_EQ(done.outcome.records, 0u);
  EXPECT_EQ(done.words, "slow down");
}

}  // namespace
}  // namespace weir::cosmos
