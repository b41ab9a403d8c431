#include <gtest/gtest.h>

#include <string>

#include "backends/cosmos/emulator/container_definition.h"
#include "tests/backends/emulator/service_fixture.h"

namespace weir::cosmos::emulator {
namespace {

constexpr char kContainer[] = "/dbs/d/colls/c";

std::string Definition(const std::string& more = "", const std::string& key = "/pk") {
  return absl::StrCat(R"({"id":"c","partitionKey":{"paths":[")", key, R"("]})", more, "}");
}

std::string Problem(const std::string& json) {
  const auto definition = ContainerDefinition::Parse(json);
  return definition.ok() ? "" : std::string(definition.status().message());
}

TEST(ContainerDefinition, ShowsAgainWhatItWasMadeOf) {
  const auto definition = ContainerDefinition::Parse(Definition(
      R"(,"defaultTtl":60,"analyticalStorageTtl":-1,"changeFeedPolicy":{"retentionDuration":10},)"
      R"("uniqueKeyPolicy":{"uniqueKeys":[{"paths":["/a","/b/c"]}]},"geospatialConfig":null,)"
      R"("conflictResolutionPolicy":{"mode":"LastWriterWins","conflictResolutionPath":"/v"})"));
  ASSERT_TRUE(definition.ok()) << definition.status();
  EXPECT_EQ((*definition)->default_ttl(), 60);
  EXPECT_EQ((*definition)->unique_keys(), std::vector<UniqueKey>({{{"a"}, {"b", "c"}}}));
  for (const char* member :
       {R"("defaultTtl":60)", R"("analyticalStorageTtl":-1)", R"("retentionDuration":10)",
        R"("uniqueKeys":[{"paths":["/a","/b/c"]}])", R"("conflictResolutionPath":"/v")",
        R"("geospatialConfig":{"type":"Geography"})", R"("version":2)"}) {
    EXPECT_NE((*definition)->members().find(member), std::string::npos) << member;
  }
}

TEST(ContainerDefinition, SaysWhatIsWrong) {
  EXPECT_EQ(Problem(Definition()), "");
  EXPECT_NE(Problem("[]"), "");
  EXPECT_NE(Problem(R"({"id":"a/b","partitionKey":{"paths":["/pk"]}})"), "");
  EXPECT_NE(Problem(R"({"id":"c"})").find("partitionKey.paths"), std::string::npos);
  EXPECT_NE(Problem(Definition("", "pk")), "");
  EXPECT_NE(Problem(Definition("", "/tags/[]")), "");
  EXPECT_NE(Problem(R"({"id":"c","partitionKey":{"paths":["/a","/b","/c","/d"]}})"), "");
  EXPECT_NE(Problem(R"({"id":"c","partitionKey":{"paths":["/a","/a"]}})"), "");
  EXPECT_NE(Problem(R"({"id":"c","partitionKey":{"paths":["/a","/b"],"kind":"Hash"}})"), "");
  for (const char* ttl : {"0", "-2", "1.5", "\"60\"", "2147483648"}) {
    EXPECT_NE(Problem(Definition(absl::StrCat(R"(,"defaultTtl":)", ttl))), "") << ttl;
  }
  EXPECT_NE(Problem(Definition(R"(,"computedProperties":[{"name":"x","query":"SELECT"}])"))
                .find("does not support computedProperties"),
            std::string::npos);
  EXPECT_EQ(Problem(Definition(R"(,"computedProperties":[])")), "");
}

TEST(ContainerDefinition, HoldsUniqueKeysToTheirLimits) {
  const auto keys = [](int count, int paths) {
    std::string json = R"(,"uniqueKeyPolicy":{"uniqueKeys":[)";
    for (int k = 0; k < count; ++k) {
      absl::StrAppend(&json, k > 0 ? "," : "", R"({"paths":[)");
      for (int p = 0; p < paths; ++p) {
        absl::StrAppend(&json, p > 0 ? "," : "", "\"/p", k, "_", p, "\"");
      }
      absl::StrAppend(&json, "]}");
    }
    return Problem(Definition(json + "]}"));
  };
  EXPECT_EQ(keys(10, 16), "");
  EXPECT_NE(keys(11, 1), "");
  EXPECT_NE(keys(1, 17), "");
  EXPECT_NE(keys(1, 0), "");
}

class ContainerReplaceTest : public ServiceTest {
 protected:
  void SetUp() override { MakeContainer(24'000); }
};

TEST_F(ContainerReplaceTest, KeepsEveryItem) {
  for (int i = 0; i < 50; ++i) {
    const std::string name = absl::StrCat("i", i);
    ASSERT_EQ(Create(name, name, absl::StrCat(R"(,"v":)", i)).status, 201);
  }
  EXPECT_EQ(Rows(Query("SELECT VALUE c.v FROM c WHERE c.v = 7")), "[7]");
  const HttpResponse replaced =
      Send("PUT", kContainer, Definition(R"(,"indexingPolicy":{"indexingMode":"none"})"));
  ASSERT_EQ(replaced.status, 200) << replaced.body;
  EXPECT_NE(replaced.body.find(R"("indexingMode":"none")"), std::string::npos);
  for (int i = 0; i < 50; ++i) {
    const std::string name = absl::StrCat("i", i);
    EXPECT_EQ(Item("GET", name, name).status, 200);
  }
  EXPECT_EQ(Rows(Query("SELECT VALUE c.v FROM c WHERE c.v = 7")), "[7]");
}

TEST_F(ContainerReplaceTest, ChargesByTheNewPolicyAlsoForItemsOfBefore) {
  const std::string fields = R"(,"a":1,"b":2,"c":3,"d":4)";
  const double indexed = Charge(Create("1", "k", fields));
  ASSERT_EQ(Create("2", "k", fields).status, 201);
  ASSERT_EQ(
      Send("PUT", kContainer, Definition(R"(,"indexingPolicy":{"indexingMode":"none"})")).status,
      200);
  const double bare = Charge(Create("3", "k", fields));
  EXPECT_LT(bare, indexed);
  EXPECT_EQ(Charge(Item("DELETE", "1", "k")), bare);
  ASSERT_EQ(Send("PUT", kContainer, Definition()).status, 200);
  EXPECT_EQ(Charge(Item("DELETE", "2", "k")), indexed);
  EXPECT_EQ(Charge(Item("DELETE", "3", "k")), indexed);
}

TEST_F(ContainerReplaceTest, RefusesWhatCannotChange) {
  const HttpResponse key = Send("PUT", kContainer, Definition("", "/other"));
  EXPECT_EQ(key.status, 400);
  EXPECT_NE(key.body.find("partition key cannot be changed"), std::string::npos);
  EXPECT_EQ(Send("PUT", kContainer, R"({"id":"x","partitionKey":{"paths":["/pk"]}})").status, 400);
  EXPECT_EQ(
      Send("PUT", kContainer, Definition(R"(,"uniqueKeyPolicy":{"uniqueKeys":[{"paths":["/a"]}]})"))
          .status,
      400);
  EXPECT_EQ(Send("PUT", "/dbs/d/colls/none", Definition()).status, 404);
}

TEST_F(ContainerReplaceTest, HasAnEtagThatChanges) {
  const std::string etag = Find(Send("GET", kContainer), header::kEtag);
  EXPECT_EQ(Send("PUT", kContainer, Definition(), {{header::kIfMatch, "\"stale\""}}).status, 412);
  const HttpResponse replaced = Send("PUT", kContainer, Definition(), {{header::kIfMatch, etag}});
  EXPECT_EQ(replaced.status, 200);
  EXPECT_NE(Find(replaced, header::kEtag), etag);
  EXPECT_EQ(Send("PUT", kContainer, Definition(), {{header::kIfMatch, etag}}).status, 412);
}

}  // namespace
}  // namespace weir::cosmos::emulator
