#include "backends/cosmos/emulator/partition.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/shape_book.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

class PartitionTest : public ::testing::Test {
 protected:
  PartitionTest() { Define(""); }

  void Define(const std::string& more) {
    definition_ = ContainerDefinition::Parse(
                      absl::StrCat(R"({"id":"c","partitionKey":{"paths":["/pk"]})", more, "}"))
                      .value();
    const PartitionSettings settings{definition_.get(), &charges_, &properties_, &memory_};
    partition_ = std::make_unique<Partition>(0, KeyRange{{}, EndOfKeySpace()},
                                             std::vector<uint32_t>(), 0, settings);
  }
  void Redefine(const std::string& more) {
    earlier_ = std::move(definition_);
    definition_ = ContainerDefinition::Parse(
                      absl::StrCat(R"({"id":"c","partitionKey":{"paths":["/pk"]})", more, "}"))
                      .value();
    partition_->Redefine(*definition_);
  }
  const DocumentView& Read(const std::string& id, const std::string& more, const std::string& pk) {
    text_ = absl::StrCat(R"({"id":")", id, R"(","pk":")", pk, "\"", more, "}");
    text_.reserve(text_.size() + simdjson::SIMDJSON_PADDING);
    EXPECT_EQ(reader_.Read(text_, definition_->policy(), true, &view_), nullptr);
    return view_;
  }
  static EffectivePartitionKey Key(const std::string& pk) {
    return HashPartitionKey(PartitionKeyValue::String(pk));
  }
  ItemOutcome Create(const std::string& id, const std::string& more = "",
                     const std::string& pk = "k") {
    return partition_->Create(Key(pk), Read(id, more, pk));
  }
  ItemOutcome Replace(const std::string& id, const std::string& more) {
    return partition_->Replace(Key("k"), id, Read(id, more, "k"), {});
  }
  int Get(const std::string& id) { return partition_->Read(Key("k"), id, {}, false).status; }

  static uint32_t Now() { return static_cast<uint32_t>(WallUnixNs() / kNsPerSecond); }

  const ChargeModel charges_{ChargeCoefficients{}};
  ShapeBook shapes_{1};
  ItemMemory memory_{&shapes_};
  const SystemProperties properties_{"AQAAAA==", "AQAAAAEAAAA=", "12345678"};
  std::unique_ptr<const ContainerDefinition> definition_, earlier_;
  std::unique_ptr<Partition> partition_;
  std::string text_;
  DocumentReader reader_;
  DocumentView view_;
};

// ------------------------------------------------------------------------------ time to live

TEST_F(PartitionTest, WithoutADefaultNothingExpires) {
  Create("a", R"(,"ttl":1)");
  partition_->RemoveExpired(Now() + 1'000'000);
  EXPECT_EQ(Get("a"), 200);
}

TEST_F(PartitionTest, ItemsExpireByTheDefaultAndByTheirOwnTtl) {
  Define(R"(,"defaultTtl":100)");
  Create("default");
  Create("own", R"(,"ttl":1000)");
  Create("short", R"(,"ttl":10)");
  Create("never", R"(,"ttl":-1)");
  Create("null", R"(,"ttl":null)");
  partition_->RemoveExpired(Now() + 9);
  EXPECT_EQ(partition_->documents(), 5U);
  partition_->RemoveExpired(Now() + 11);
  EXPECT_EQ(Get("short"), 404);
  EXPECT_EQ(Get("default"), 200);
  partition_->RemoveExpired(Now() + 101);
  EXPECT_EQ(Get("default"), 404);
  EXPECT_EQ(Get("null"), 404);
  EXPECT_EQ(Get("own"), 200);
  partition_->RemoveExpired(Now() + 1'000'000);
  EXPECT_EQ(Get("own"), 404);
  EXPECT_EQ(Get("never"), 200);
}

TEST_F(PartitionTest, MinusOneAsDefaultLeavesItToTheItems) {
  Define(R"(,"defaultTtl":-1)");
  Create("a");
  Create("b", R"(,"ttl":10)");
  partition_->RemoveExpired(Now() + 1'000'000);
  EXPECT_EQ(Get("a"), 200);
  EXPECT_EQ(Get("b"), 404);
}

TEST_F(PartitionTest, AReplacedItemLivesByItsNewTtl) {
  Define(R"(,"defaultTtl":-1)");
  Create("a", R"(,"ttl":10)");
  Replace("a", R"(,"ttl":1000)");
  Create("b", R"(,"ttl":10)");
  Replace("b", "");
  partition_->RemoveExpired(Now() + 500);
  EXPECT_EQ(Get("a"), 200);
  EXPECT_EQ(Get("b"), 200);
  partition_->RemoveExpired(Now() + 1001);
  EXPECT_EQ(Get("a"), 404);
  EXPECT_EQ(Get("b"), 200);
}

TEST_F(PartitionTest, ADefaultThatIsSetLaterHoldsForOlderItems) {
  Create("a");
  Redefine(R"(,"defaultTtl":10)");
  partition_->RemoveExpired(Now() + 11);
  EXPECT_EQ(Get("a"), 404);
  Create("b");
  Redefine("");
  partition_->RemoveExpired(Now() + 1'000);
  EXPECT_EQ(Get("b"), 200);
}

TEST_F(PartitionTest, AnExpiredItemIsGoneFromCountsAndWalksAndLeavesItsIdFree) {
  Define(R"(,"defaultTtl":10,"uniqueKeyPolicy":{"uniqueKeys":[{"paths":["/mail"]}]})");
  Create("a", R"(,"mail":"x")");
  Create("keep", R"(,"mail":"y","ttl":-1)");
  partition_->RemoveExpired(Now() + 11);
  EXPECT_EQ(partition_->documents(), 1U);
  EXPECT_EQ(partition_->FindLogical(Key("k"))->first, partition_->FindLogical(Key("k"))->last);
  EXPECT_EQ(Create("a", R"(,"mail":"x")").status, 201);
}

TEST_F(PartitionTest, AnItemThatARollbackBroughtBackStillExpires) {
  Define(R"(,"defaultTtl":10)");
  Create("a");
  partition_->Begin();
  partition_->Delete(Key("k"), "a", {});
  partition_->RollBack();
  EXPECT_EQ(Get("a"), 200);
  partition_->RemoveExpired(Now() + 11);
  EXPECT_EQ(Get("a"), 404);
}

// ------------------------------------------------------------------------------- unique keys

constexpr char kUnique[] =
    R"(,"uniqueKeyPolicy":{"uniqueKeys":[{"paths":["/mail"]},{"paths":["/a","/b/c"]}]})";

TEST_F(PartitionTest, RefusesASecondItemWithTheSameUniqueValue) {
  Define(kUnique);
  EXPECT_EQ(Create("1", R"(,"mail":"x","a":1,"b":{"c":1})").status, 201);
  const ItemOutcome twice = Create("2", R"(,"mail":"x","a":2)");
  EXPECT_EQ(twice.status, 409);
  EXPECT_NE(twice.message.find("the same /mail"), std::string_view::npos) << twice.message;
  const ItemOutcome both = Create("2", R"(,"mail":"y","a":1.0,"b":{"c":1})");
  EXPECT_EQ(both.status, 409);
  EXPECT_NE(both.message.find("/a, /b/c"), std::string_view::npos) << both.message;
  EXPECT_EQ(Create("2", R"(,"mail":"\u0078","a":9)").status, 409);
  EXPECT_EQ(Create("2", R"(,"mail":"y","a":1,"b":{"c":2})").status, 201);
}

TEST_F(PartitionTest, UniqueIsWithinAPartitionKeyAndAMissingValueIsNull) {
  Define(kUnique);
  EXPECT_EQ(Create("1", R"(,"mail":"x")").status, 201);
  EXPECT_EQ(Create("1", R"(,"mail":"x")", "other").status, 201);
  EXPECT_EQ(Create("2", R"(,"a":1)").status, 201);
  EXPECT_EQ(Create("3", R"(,"mail":null,"a":2)").status, 409);
  EXPECT_EQ(Create("3", R"(,"mail":"null","a":2)").status, 201);
}

TEST_F(PartitionTest, AReplacedItemGivesItsValueBackAndIsNotInItsOwnWay) {
  Define(kUnique);
  Create("1", R"(,"mail":"x","a":1)");
  Create("2", R"(,"mail":"y","a":2)");
  EXPECT_EQ(Replace("1", R"(,"mail":"x","a":1,"more":true)").status, 200);
  EXPECT_EQ(Replace("1", R"(,"mail":"y","a":1)").status, 409);
  EXPECT_EQ(Replace("1", R"(,"mail":"z","a":1)").status, 200);
  EXPECT_EQ(Create("3", R"(,"mail":"x","a":3)").status, 201);
  EXPECT_EQ(partition_->Delete(Key("k"), "2", {}).status, 204);
  EXPECT_EQ(Create("4", R"(,"mail":"y","a":4)").status, 201);
}

TEST_F(PartitionTest, ARollbackRestoresWhatIsUnique) {
  Define(kUnique);
  Create("1", R"(,"mail":"x","a":1)");
  Create("2", R"(,"mail":"y","a":2)");
  partition_->Begin();
  EXPECT_EQ(partition_->Delete(Key("k"), "2", {}).status, 204);
  EXPECT_EQ(Replace("1", R"(,"mail":"y","a":1)").status, 200);
  EXPECT_EQ(Create("3", R"(,"mail":"x","a":3)").status, 201);
  partition_->RollBack();
  EXPECT_EQ(Create("3", R"(,"mail":"x","a":3)").status, 409);
  EXPECT_EQ(Create("3", R"(,"mail":"y","a":3)").status, 409);
  EXPECT_EQ(Create("3", R"(,"mail":"z","a":3)").status, 201);
  EXPECT_EQ(partition_->Delete(Key("k"), "1", {}).status, 204);
  EXPECT_EQ(Create("4", R"(,"mail":"x","a":4)").status, 201);
}

}  // namespace
}  // namespace weir::cosmos::emulator
