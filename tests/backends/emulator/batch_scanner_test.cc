#include "backends/cosmos/emulator/batch_scanner.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "tests/backends/emulator/service_fixture.h"

namespace weir::cosmos::emulator {
namespace {

// A container that gets batches as they are, and one that gets them with a space, which the quick
// reader leaves to the other. Both must answer alike.
class BatchScannerTest : public ServiceTest {
 protected:
  void SetUp() override {
    MakeContainer(400);
    const std::string body = R"({"id":"slow","partitionKey":{"paths":["/pk"]}})";
    ASSERT_EQ(Send("POST", "/dbs/d/colls", body).status, 201);
    for (int i = 0; i < 10; ++i) Both({Insert(absl::StrCat("learn", i), "text", "1")});
  }

  static std::string Item(const std::string& id, const std::string& text, const std::string& bare,
                          const std::string& pk = "k") {
    return absl::StrCat(R"({"id":")", id, R"(","t":")", text, R"(","n":)", bare, R"(,"pk":")", pk,
                        "\"}");
  }
  static std::string Operation(const std::string& kind, const std::string& item,
                               const std::string& key = R"([\"k\"])") {
    return absl::StrCat(R"({"operationType":")", kind, R"(","partitionKey":")", key,
                        R"(","resourceBody":)", item, "}");
  }
  static std::string Insert(const std::string& id, const std::string& text,
                            const std::string& bare) {
    return Operation("Create", Item(id, text, bare));
  }

  HttpResponse Run(const std::string& container, const std::string& body) {
    return Send("POST", absl::StrCat("/dbs/d/colls/", container, "/docs"), body,
                {{header::kPartitionKeyRangeId, "0"},
                 {header::kIsBatchRequest, "true"},
                 {header::kBatchAtomic, "false"},
                 {header::kBatchContinueOnError, "true"},
                 {header::kPrefer, std::string(kReturnMinimal)}});
  }
  void Both(const std::vector<std::string>& operations) {
    const std::string all = absl::StrJoin(operations, ",");
    const HttpResponse quick = Run("c", absl::StrCat("[", all, "]"));
    const HttpResponse slow = Run("slow", absl::StrCat("[ ", all, "]"));
    EXPECT_EQ(quick.status, slow.status) << all;
    EXPECT_EQ(quick.body, slow.body) << all;
    EXPECT_EQ(Find(quick, header::kRequestCharge), Find(slow, header::kRequestCharge)) << all;
    last_ = quick.body;
  }
  // What items hold, without what differs from container to container.
  std::string AllItems(const std::string& container) {
    const std::string query = R"({"query":"SELECT c.id, c.t, c.n, c.pk, c.more FROM c"})";
    return Rows(Send("POST", absl::StrCat("/dbs/d/colls/", container, "/docs"), query,
                     {{header::kIsQuery, "True"},
                      {header::kContentType, "application/query+json"},
                      {header::kMaxItemCount, "1000"},
                      {header::kEnableCrossPartition, "true"}}));
  }

  std::string last_;
};

TEST_F(BatchScannerTest, AnswersAndStoresAsTheOtherWayDoes) {
  Both({Insert("a", "some text", "12"), Insert("b", R"(\"quoted\")", "-1.5"),
        Insert("c", "naïve", "null")});
  EXPECT_NE(last_.find(R"("statusCode":201)"), std::string::npos);
  Both({Insert("a", "again", "1"), Insert("d", "new", "1")});
  EXPECT_NE(last_.find(R"("statusCode":409)"), std::string::npos);
  Both({Operation("Upsert", Item("a", "changed", "99")), Operation("Upsert", Item("e", "e", "5"))});
  EXPECT_NE(last_.find(R"("statusCode":200)"), std::string::npos);
  Both({Operation("Create", Item("f", "x", "1", "other"), R"([\"other\"])"),
        Operation("Create", Item("g", "x", "1"), R"([\"other\"])"), Insert("a/b", "x", "1"),
        Insert("", "x", "1"), Insert(std::string(1024, 'i'), "x", "1")});
  EXPECT_NE(last_.find(R"("statusCode":400)"), std::string::npos);
  Both({Insert("h", "x", "01")});
  Both({Insert("i", "x", "1e400")});
  Both({Operation("Create", R"({"id":"j","t":"x","n":1,"pk":"k","more":[1,2]})")});
  Both({Operation("Create", R"({"id":"k","t":"x","n":1,"pk":"k","ttl":-5})")});
  Both({Operation("Create", Item("l", "x", "1"), "")});
  Both({Operation("Create", Item("m", "x", "1"), R"([\"k\",\"k\"])")});
  Both({Operation("Create", Item("n", "x", "1"), R"([ \"k\" ])")});
  Both({Operation("Replace", Item("a", "x", "1"))});
  Both({absl::StrCat(R"({"operationType":"Create","resourceBody":)", Item("o", "x", "1"), "}")});
  Both({absl::StrCat(R"({"resourceBody":)", Item("p", "x", "1"), R"(,"operationType":"Create"})")});
  Both({absl::StrCat(R"({"operationType":"Create","operationType":"Upsert","resourceBody":)",
                     Item("o", "x", "1"), "}")});
  Both({R"({"operationType":"Create"})"});
  Both({R"({"operationType":"Delete","id":"a","partitionKey":"[\"k\"]"})"});
  Both(std::vector<std::string>(101, Insert("q", "x", "1")));
  EXPECT_EQ(AllItems("c"), AllItems("slow"));
  EXPECT_NE(AllItems("c").find("quoted"), std::string::npos);
}

// By another policy items have other terms, and other charges.
TEST_F(BatchScannerTest, ChargesByThePolicyOfNow) {
  for (const char* container : {"c", "slow"}) {
    const std::string policy = absl::StrCat(
        R"({"id":")", container, R"(","partitionKey":{"paths":["/pk"]},"indexingPolicy":)",
        R"({"includedPaths":[{"path":"/t/?"}],"excludedPaths":[{"path":"/*"}]}})");
    ASSERT_EQ(Send("PUT", absl::StrCat("/dbs/d/colls/", container), policy).status, 200);
  }
  const std::string before = last_;
  for (int i = 0; i < 5; ++i) Both({Insert(absl::StrCat("after", i), "text", "1")});
  const auto charge_in = [](const std::string& body) {
    return body.substr(0, body.find(R"(,"eTag")"));
  };
  EXPECT_NE(charge_in(last_), charge_in(before));
}

TEST(BatchScanner, ReadsPlainBatchesOnly) {
  ShapeBook shapes(1);
  BatchScanner scanner;
  for (const char* body : {"", "[", "[]", "{}", "[{}]", "[{}", R"([{"operationType":"Create"}])"}) {
    std::string padded(body);
    padded.reserve(padded.size() + ItemMemory::kPadding);
    EXPECT_FALSE(scanner.Scan(padded, shapes, 100)) << body;
  }
}

}  // namespace
}  // namespace weir::cosmos::emulator
