#include "backends/cosmos/container_setup.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "backends/cosmos/json_lookup.h"
#include "tests/support/sample_records.h"

namespace weir::cosmos {
namespace {

nlohmann::json PolicyOf(v1::IndexSet indexes) {
  const SampleRecords records;
  return nlohmann::json::parse(
      IndexingPolicy(indexes, DocumentForm(records.schema(), SampleRecords::kRegion)));
}

TEST(IndexingPolicy, QueriedIndexesWhatQueriesSearchAndSortBy) {
  const nlohmann::json policy = PolicyOf(v1::INDEX_SET_QUERIED);
  EXPECT_EQ(policy["includedPaths"], nlohmann::json::parse(R"([{"path":"/region/?"},
      {"path":"/user/?"},{"path":"/latency_us/?"},{"path":"/ratio/?"},{"path":"/failed/?"},
      {"path":"/time/?"}])"));
  EXPECT_EQ(policy["excludedPaths"], nlohmann::json::parse(R"([{"path":"/*"}])"));
}

TEST(IndexingPolicy, NoneIndexesNothingAndAllEverything) {
  EXPECT_EQ(PolicyOf(v1::INDEX_SET_NONE)["indexingMode"], "none");
  EXPECT_EQ(PolicyOf(v1::INDEX_SET_ALL)["includedPaths"][0]["path"], "/*");
}

TEST(LookUp, FindsNothingInJsonOfAnotherShape) {
  const auto json = nlohmann::json::parse(R"({"a":[{"b":7}],"c":[1]})");
  EXPECT_EQ(LookUp(json, "/a/0/b"), 7);
  for (const char* pointer : {"/a/1/b", "/a/b", "/c/0/x", "/x"}) {
    EXPECT_TRUE(LookUp(json, pointer).is_null()) << pointer;
  }
  EXPECT_TRUE(LookUp(nlohmann::json::parse("x", nullptr, false), "/a").is_null());
}

TEST(Gateway, EncodesPathsAndSignsPlainLinks) {
  setenv("WEIR_TEST_COSMOS_KEY", "c2VjcmV0LWtleQ==", 1);
  v1::CosmosTarget target;
  target.set_endpoint("https://a.documents.azure.com:443//");
  target.mutable_key()->set_env("WEIR_TEST_COSMOS_KEY");
  target.set_database("my db");
  target.set_container("é");
  const auto gateway = Gateway::FromTarget(target);
  ASSERT_TRUE(gateway.ok()) << gateway.status();
  EXPECT_EQ(gateway->http.url, "https://a.documents.azure.com:443");
  EXPECT_EQ(gateway->documents.target, "/dbs/my%20db/colls/%C3%A9/docs");
  EXPECT_EQ(gateway->documents.link, "dbs/my db/colls/é");
}

TEST(Gateway, SaysWhatIsWrongWithTheTargetButNotTheKey) {
  v1::CosmosTarget target;
  target.set_endpoint("http://127.0.0.1:1");
  target.mutable_key()->set_env("WEIR_TEST_COSMOS_KEY");
  setenv("WEIR_TEST_COSMOS_KEY", "not base64: tell nobody", 1);
  const absl::Status status = Gateway::FromTarget(target).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message().find("tell nobody"), std::string_view::npos);
  setenv("WEIR_TEST_COSMOS_KEY", "c2VjcmV0LWtleQ==", 1);
  target.set_endpoint("ftp://x");
  EXPECT_EQ(Gateway::FromTarget(target).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace weir::cosmos
