#include "backends/cosmos/emulator/offer.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/container.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kNow = 5000 * kNsPerSecond;
constexpr int64_t kDelay = 10 * kNsPerSecond;

class OfferTest : public ::testing::Test {
 protected:
  std::unique_ptr<Offer> Make(const Throughput& throughput, int64_t delay_ns = kDelay) {
    return std::make_unique<Offer>(
        Offer::Identity{"Oa", "dbs/a/colls/b/", "b"}, throughput, delay_ns,
        Offer::Resource{.apply = [this](const Throughput& t) { applied_.push_back(t); },
                        .announce = [this](const Throughput&) { ++announced_; },
                        .stored_bytes = [this] { return stored_; }});
  }
  static absl::Status Manual(Offer& offer, int per_second) {
    const std::string json = absl::StrCat(R"({"content":{"offerThroughput":)", per_second, "}}");
    return offer.Replace({.json = json}, kNow);
  }
  static absl::Status Autoscale(Offer& offer, int most) {
    const std::string json = absl::StrCat(
        R"({"content":{"offerThroughput":1,"offerAutopilotSettings":{"maxThroughput":)", most,
        "}}}");
    return offer.Replace({.json = json}, kNow);
  }

  std::vector<Throughput> applied_;
  int announced_ = 0;
  uint64_t stored_ = 0;
};

TEST_F(OfferTest, ChangesAtOnceWithinItsPartitions) {
  const auto offer = Make({.per_second = 400});
  EXPECT_TRUE(Manual(*offer, 10'000).ok());
  ASSERT_EQ(applied_.size(), 1U);
  EXPECT_EQ(applied_[0].per_second, 10'000);
  EXPECT_EQ(applied_[0].partitions, 1);
  EXPECT_FALSE(offer->IsPending());
}

TEST_F(OfferTest, BeyondItsPartitionsWaitsForASplitAndRefusesASecondChange) {
  const auto offer = Make({.per_second = 400});
  ASSERT_TRUE(Manual(*offer, 25'000).ok());
  EXPECT_TRUE(offer->IsPending());
  EXPECT_EQ(offer->throughput().per_second, 25'000);
  EXPECT_EQ(offer->applied().per_second, 400);
  EXPECT_TRUE(absl::IsUnavailable(Manual(*offer, 500)));
  offer->Advance(kNow + kDelay - kNsPerSecond);
  EXPECT_EQ(announced_, 0);
  offer->Advance(kNow + kDelay - 1);
  EXPECT_EQ(announced_, 1);
  EXPECT_TRUE(applied_.empty());
  offer->Advance(kNow + kDelay);
  ASSERT_EQ(applied_.size(), 1U);
  EXPECT_EQ(applied_[0].partitions, 3);
  EXPECT_FALSE(offer->IsPending());
  EXPECT_TRUE(Manual(*offer, 500).ok());
  EXPECT_EQ(applied_.back().partitions, 3);  // nothing is merged
}

TEST_F(OfferTest, HoldsTheMinimumsAndSteps) {
  const auto manual = Make({.per_second = 400});
  EXPECT_TRUE(absl::IsInvalidArgument(Manual(*manual, 300)));
  EXPECT_TRUE(absl::IsInvalidArgument(Manual(*manual, 450)));
  EXPECT_EQ(manual->Minimum(), 400);
  stored_ = 730'000'000'000;
  EXPECT_EQ(manual->Minimum(), 800);
  stored_ = 0;
  const auto big = Make({.per_second = 100'000, .partitions = 10});
  EXPECT_EQ(big->Minimum(), 1000);
  EXPECT_TRUE(absl::IsInvalidArgument(Manual(*big, 900)));

  const auto autoscale = Make({.per_second = 4000, .autoscale = true});
  EXPECT_EQ(autoscale->Minimum(), 1000);
  EXPECT_TRUE(absl::IsInvalidArgument(Autoscale(*autoscale, 4500)));
  stored_ = 150'000'000'000;
  EXPECT_EQ(autoscale->Minimum(), 2000);
  const absl::Status refused = Autoscale(*autoscale, 1000);
  EXPECT_NE(refused.message().find("between 2000 and"), std::string::npos) << refused;
}

TEST_F(OfferTest, MigratesBetweenManualAndAutoscale) {
  const auto offer = Make({.per_second = 4500});
  EXPECT_TRUE(absl::IsInvalidArgument(Autoscale(*offer, 5000)));  // without the header
  ASSERT_TRUE(offer->Replace({.to_autoscale = true}, kNow).ok());
  EXPECT_TRUE(offer->throughput().autoscale);
  EXPECT_EQ(offer->throughput().per_second, 5000);
  EXPECT_NE(offer->Json().find(R"("offerAutopilotSettings":{"maxThroughput":5000})"),
            std::string::npos);
  EXPECT_TRUE(absl::IsInvalidArgument(offer->Replace({.to_autoscale = true}, kNow)));
  EXPECT_TRUE(Autoscale(*offer, 6000).ok());
  ASSERT_TRUE(offer->Replace({.to_manual = true}, kNow).ok());
  EXPECT_EQ(offer->throughput().per_second, 6000);
  EXPECT_FALSE(offer->throughput().autoscale);
}

TEST_F(OfferTest, RefusesAnotherEtag) {
  const auto offer = Make({.per_second = 400});
  const std::string etag = offer->Etag();
  const std::string json = R"({"content":{"offerThroughput":500}})";
  EXPECT_TRUE(offer->Replace({.json = json, .if_match = etag}, kNow).ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(offer->Replace({.json = json, .if_match = etag}, kNow)));
}

TEST(ContainerThroughput, SplitsTheWidestUntilThereAreEnough) {
  const ResourceIds ids{"AQAAAA==", "AQAAAIAAAAE=", std::string(8, '\1'), "d"};
  const auto container =
      Container::Create(R"({"id":"c","partitionKey":{"paths":["/pk"]}})", ids,
                        {.throughput = {.per_second = 9000}, .split_delay_ns = 0},
                        ChargeModel(ChargeCoefficients()))
          .value();
  const std::string json = R"({"content":{"offerThroughput":30000}})";
  ASSERT_TRUE(container->offer()->Replace({.json = json}, kNow).ok());
  const auto partitions = container->table().partitions();
  ASSERT_EQ(partitions.size(), 3U);
  std::vector<std::string> ids_in_order;
  for (Partition* partition : partitions) {
    ids_in_order.push_back(absl::StrCat(partition->id()));
    EXPECT_EQ(partition->budget().per_second(), 10'000 * 100);
  }
  EXPECT_EQ(ids_in_order, (std::vector<std::string>{"3", "4", "2"}));
}

TEST(ContainerThroughput, AFullPartitionIsSplitByStorage) {
  const ResourceIds ids{"AQAAAA==", "AQAAAIAAAAE=", std::string(8, '\1'), "d"};
  const auto container =
      Container::Create(R"({"id":"c","partitionKey":{"paths":["/pk"]}})", ids,
                        {.partition_bytes = 100}, ChargeModel(ChargeCoefficients()))
          .value();
  DocumentReader reader;
  DocumentView view;
  for (int i = 0; i < 10; ++i) {
    std::string json = absl::StrCat(R"({"id":"i","pk":"k)", i, R"("})");
    json.reserve(json.size() + 64);
    ASSERT_EQ(reader.Read(json, container->policy(), false, &view), nullptr);
    const LockedPartition locked = container->Lock(container->KeyOf(view));
    locked.partition->Create(container->KeyOf(view), view);
    container->NoteStorage(*locked.partition);
  }
  EXPECT_EQ(container->table().partitions().size(), 1U);
  container->Advance(kNow);
  EXPECT_EQ(container->table().partitions().size(), 2U);
  container->Advance(kNow);
  EXPECT_EQ(container->table().partitions().size(), 2U);
}

}  // namespace
}  // namespace weir::cosmos::emulator
