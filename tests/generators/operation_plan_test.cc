#include "generators/operation_plan.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "tests/generators/campaign_fixture.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

v1::Campaign MakeCampaign(uint64_t records = 10000) {
  v1::Campaign campaign;
  campaign.set_seed(42);
  campaign.mutable_dataset()->set_records(records);
  *campaign.mutable_dataset()->mutable_logs() = DefaultLogs();
  return campaign;
}

v1::Scenario Mix(const std::string& operations, const std::string& keys = "") {
  return FromText<v1::Scenario>("name: \"mixed\" " + operations +
                                (keys.empty() ? "" : " keys { " + keys + " }"));
}

const char kMix[] =
    "operations { do: OPERATION_KIND_READ weight: 40 batch: 1 } "
    "operations { do: OPERATION_KIND_INSERT weight: 20 batch: 3 } "
    "operations { do: OPERATION_KIND_INSERT weight: 10 batch: 1 name: \"insert_one\" } "
    "operations { do: OPERATION_KIND_DELETE weight: 10 batch: 1 } "
    "operations { do: OPERATION_KIND_REPLACE weight: 10 batch: 1 } "
    "operations { do: OPERATION_KIND_QUERY weight: 10 batch: 1 query: \"trace\" } ";

struct Planning {
  v1::Campaign campaign = MakeCampaign();
  v1::Scenario scenario;
  std::unique_ptr<Dataset> dataset;
  std::unique_ptr<OperationPlan> plan;

  explicit Planning(const std::string& operations, const std::string& keys = "",
                    uint64_t records = 10000)
      : campaign(MakeCampaign(records)), scenario(Mix(operations, keys)) {
    dataset = *MakeDataset(campaign.dataset(), campaign.seed());
    auto made = MakeOperationPlan(campaign, scenario, *dataset);
    EXPECT_TRUE(made.ok()) << made.status();
    plan = *std::move(made);
  }
};

std::string Failure(const std::string& operations, const std::string& keys = "") {
  const v1::Campaign campaign = MakeCampaign();
  const auto dataset = MakeDataset(campaign.dataset(), 1);
  const auto plan = MakeOperationPlan(campaign, Mix(operations, keys), **dataset);
  EXPECT_EQ(plan.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(plan.status().message());
}

TEST(OperationPlan, MixIsExactInEveryBlock) {
  const Planning planning(kMix);
  PlannedOperation planned;
  for (uint64_t block = 0; block < 200; ++block) {
    std::map<uint32_t, int> counts;
    for (uint64_t i = 0; i < 10; ++i) {
      planning.plan->Make(block * 10 + i, &planned);
      ++counts[planned.type];
    }
    EXPECT_EQ(counts, (std::map<uint32_t, int>{{0, 4}, {1, 2}, {2, 1}, {3, 1}, {4, 1}, {5, 1}}));
  }
}

TEST(OperationPlan, EachPlaceInABlockTakesEachTypeByItsWeight) {
  const Planning planning(kMix);
  constexpr int kBlocks = 20000;
  std::vector<std::map<uint32_t, int>> counts(10);
  PlannedOperation planned;
  for (uint64_t i = 0; i < kBlocks * 10; ++i) {
    planning.plan->Make(i, &planned);
    ++counts[i % 10][planned.type];
  }
  for (int place = 0; place < 10; ++place) {
    EXPECT_NEAR(counts[place][0], kBlocks * 0.4, kBlocks * 0.02) << "reads at " << place;
    EXPECT_NEAR(counts[place][3], kBlocks * 0.1, kBlocks * 0.015) << "deletes at " << place;
  }
}

TEST(OperationPlan, NeighboursInABlockAreIndependent) {
  // 1:1:2: of the ordered pairs of neighbours in a block of four each has its share.
  const Planning planning(
      "operations { do: OPERATION_KIND_READ weight: 1 batch: 1 } "
      "operations { do: OPERATION_KIND_INSERT weight: 1 batch: 1 } "
      "operations { do: OPERATION_KIND_UPSERT weight: 2 batch: 1 } ");
  constexpr int kBlocks = 30000;
  std::map<std::pair<uint32_t, uint32_t>, int> pairs;
  PlannedOperation planned;
  for (uint64_t block = 0; block < kBlocks; ++block) {
    planning.plan->Make(block * 4 + 1, &planned);
    const uint32_t first = planned.type;
    planning.plan->Make(block * 4 + 2, &planned);
    ++pairs[{first, planned.type}];
  }
  EXPECT_NEAR((pairs[{0, 1}]), kBlocks / 12, kBlocks * 0.015);
  EXPECT_NEAR((pairs[{1, 0}]), kBlocks / 12, kBlocks * 0.015);
  EXPECT_NEAR((pairs[{2, 2}]), kBlocks / 6, kBlocks * 0.02);
  EXPECT_NEAR((pairs[{0, 2}]), kBlocks / 6, kBlocks * 0.02);
}

TEST(OperationPlan, InsertsOfAllSharesAreDenseAndDisjoint) {
  const Planning planning(kMix);
  for (uint64_t shares : {1, 3, 7, 50}) {
    std::set<uint64_t> inserted;
    PlannedOperation planned;
    for (uint64_t share = 0; share < shares; ++share) {
      for (uint64_t i = share; i < 1000; i += shares) {
        planning.plan->Make(i, &planned);
        if (planned.operation.kind != OperationKind::kInsert) continue;
        for (uint32_t r = 0; r < planned.operation.records; ++r) {
          EXPECT_TRUE(inserted.insert(planned.operation.first_record + r).second);
        }
      }
    }
    EXPECT_EQ(inserted.size(), 700u);
    EXPECT_EQ(*inserted.begin(), 10000u);
    EXPECT_EQ(*inserted.rbegin(), 10699u);
  }
}

TEST(OperationPlan, DeletesTakeTheOldestRecordsInTurn) {
  const Planning planning(kMix);
  std::vector<uint64_t> deleted;
  PlannedOperation planned;
  for (uint64_t i = 0; i < 5000; ++i) {
    planning.plan->Make(i, &planned);
    if (planned.operation.kind == OperationKind::kDelete) {
      deleted.push_back(planned.operation.first_record);
    }
  }
  ASSERT_EQ(deleted.size(), 500u);
  for (size_t i = 0; i < deleted.size(); ++i) EXPECT_EQ(deleted[i], i);
}

TEST(OperationPlan, KeysAreThereAndNotDeleted) {
  for (const char* keys :
       {"law: KEY_LAW_UNIFORM", "law: KEY_LAW_ZIPF theta: 0.99", "law: KEY_LAW_LATEST theta: 0.99",
        "law: KEY_LAW_HOTSPOT hot_records: 0.2 hot_operations: 0.8"}) {
    const Planning planning(kMix, keys, 500);
    PlannedOperation planned;
    // 10000 operations: 7000 records inserted, 1000 deleted, so all that was loaded.
    for (uint64_t i = 0; i < 10000; ++i) {
      planning.plan->Make(i, &planned);
      const OperationKind kind = planned.operation.kind;
      if (kind != OperationKind::kRead && kind != OperationKind::kReplace) continue;
      const uint64_t block = i / 10;
      ASSERT_GE(planned.operation.first_record, block + 1) << keys;
      ASSERT_LT(planned.operation.first_record, 500 + block * 7) << keys;
    }
  }
}

TEST(OperationPlan, DeletingEverythingLeavesNoCrash) {
  const Planning planning(
      "operations { do: OPERATION_KIND_DELETE weight: 1 batch: 1 } "
      "operations { do: OPERATION_KIND_READ weight: 1 batch: 1 } ",
      "law: KEY_LAW_ZIPF theta: 1", 3);
  PlannedOperation planned;
  for (uint64_t i = 0; i < 100; ++i) planning.plan->Make(i, &planned);
}

TEST(OperationPlan, WritesOfExistingRecordsHaveTheirOwnRevision) {
  const Planning planning(kMix);
  std::set<uint64_t> revisions;
  PlannedOperation planned;
  for (uint64_t i = 0; i < 1000; ++i) {
    planning.plan->Make(i, &planned);
    if (planned.operation.kind == OperationKind::kReplace) {
      EXPECT_GT(planned.operation.revision, 0u);
      EXPECT_TRUE(revisions.insert(planned.operation.revision).second);
    } else {
      EXPECT_EQ(planned.operation.revision, 0u);
    }
  }
  EXPECT_EQ(revisions.size(), 100u);
}

TEST(OperationPlan, UpsertBatchesStayWithinTheRecords) {
  const Planning planning("operations { do: OPERATION_KIND_UPSERT weight: 1 batch: 40 }", "", 30);
  PlannedOperation planned;
  planning.plan->Make(0, &planned);
  EXPECT_EQ(planned.operation.first_record, 0u);
  EXPECT_EQ(planned.operation.records, 30u);
}

TEST(OperationPlan, QueriesPointIntoTheirParameters) {
  const Planning planning(
      "operations { do: OPERATION_KIND_QUERY weight: 1 batch: 1 query: \"recent_errors\" } "
      "operations { do: OPERATION_KIND_READ weight: 1 batch: 1 } ");
  PlannedOperation planned;
  int queries = 0;
  for (uint64_t i = 0; i < 100; ++i) {
    planning.plan->Make(i, &planned);
    if (planned.operation.kind == OperationKind::kRead) {
      EXPECT_EQ(planned.operation.query, nullptr);
      EXPECT_TRUE(planned.operation.parameters.empty());
      continue;
    }
    ++queries;
    ASSERT_EQ(planned.operation.query->name, "recent_errors");
    ASSERT_EQ(planned.operation.parameters.size(), 4u);
    EXPECT_EQ(planned.operation.parameters.data(), &planned.parameters[0]);
    EXPECT_EQ(planned.operation.parameters[1].text(), "ERROR");
    EXPECT_LT(planned.operation.parameters[2].integer(), planned.operation.parameters[3].integer());
  }
  EXPECT_EQ(queries, 50);
}

TEST(OperationPlan, TypesSayWhatReportsShow) {
  const Planning planning(kMix, "law: KEY_LAW_ZIPF theta: 0.99");
  const std::vector<OperationType>& types = planning.plan->types();
  ASSERT_EQ(types.size(), 6u);
  EXPECT_EQ(types[0].name, "read");
  EXPECT_EQ(types[0].keys, "zipf θ=0.99");
  EXPECT_EQ(types[0].weight, 40u);
  EXPECT_EQ(types[1].keys, "new");
  EXPECT_EQ(types[1].batch, 3u);
  EXPECT_EQ(types[2].name, "insert_one");
  EXPECT_EQ(types[3].keys, "oldest");
  EXPECT_EQ(types[5].name, "trace");
  EXPECT_EQ(types[5].query, planning.dataset->schema().FindQuery("trace"));
}

TEST(OperationPlan, MistakesAreNamed) {
  EXPECT_THAT(Failure(""), HasSubstr("no operations"));
  EXPECT_THAT(
      Failure("operations { do: OPERATION_KIND_QUERY weight: 1 batch: 1 query: \"top_pathz\" }"),
      HasSubstr("there are: recent_errors, trace, level_counts, top_paths"));
  EXPECT_THAT(Failure("operations { do: OPERATION_KIND_QUERY weight: 1 batch: 1 }"),
              HasSubstr("say which query"));
  EXPECT_THAT(Failure("operations { do: OPERATION_KIND_READ weight: 1 batch: 1 query: \"trace\" }"),
              HasSubstr("only `do: query` has a query"));
  EXPECT_THAT(Failure("operations { do: OPERATION_KIND_READ weight: 1 batch: 2 }"),
              HasSubstr("only insert and upsert have a batch"));
  EXPECT_THAT(Failure("operations { do: OPERATION_KIND_READ batch: 1 }"), HasSubstr("weight"));
  EXPECT_THAT(Failure("operations { weight: 1 batch: 1 }"), HasSubstr("say what to do"));
  EXPECT_THAT(Failure("operations { do: OPERATION_KIND_READ weight: 1 batch: 1 } "
                      "operations { do: OPERATION_KIND_READ weight: 1 batch: 1 }"),
              HasSubstr("operations 1 and 2 of the mix have this name"));
  EXPECT_THAT(Failure("operations { do: OPERATION_KIND_READ weight: 1 batch: 1 }",
                      "law: KEY_LAW_ZIPF theta: 9"),
              HasSubstr("theta must be between 0 and 5"));
}

TEST(LoadPlan, CoversEveryRecordOnce) {
  const v1::Campaign campaign = MakeCampaign(1003);
  const v1::LoadPhase load = FromText<v1::LoadPhase>("batch: 100");
  ASSERT_EQ(LoadOperations(campaign, load), 11u);
  const auto plan = MakeLoadPlan(campaign, load);
  PlannedOperation planned;
  uint64_t next = 0;
  for (uint64_t i = 0; i < 11; ++i) {
    plan->Make(i, &planned);
    EXPECT_EQ(planned.operation.kind, OperationKind::kInsert);
    EXPECT_EQ(planned.operation.first_record, next);
    next += planned.operation.records;
  }
  EXPECT_EQ(next, 1003u);
}

v1::Scenario DigestScenario() {
  v1::Scenario scenario = Mix(kMix);
  *scenario.mutable_phases() = FromText<v1::Phases>(
      "load { batch: 100 } warm_up { ns: 1000000000 } measure { ns: 2000000000 }");
  *scenario.mutable_shape() =
      FromText<v1::LoadShape>("open { rate { " + RatePerSecond(100) + " } }");
  return scenario;
}

std::string DigestOf(const v1::Campaign& campaign, const v1::Scenario& scenario) {
  return PlanDigest(campaign, scenario, **MakeDataset(campaign.dataset(), campaign.seed()));
}

TEST(PlanDigest, IsTheSameForWhatDoesNotShapeThePlan) {
  const v1::Campaign campaign = MakeCampaign();
  const v1::Scenario scenario = DigestScenario();
  const std::string digest = DigestOf(campaign, scenario);
  EXPECT_EQ(digest.size(), 64u);
  EXPECT_EQ(DigestOf(campaign, scenario), digest);
  v1::Scenario other = scenario;
  other.mutable_timeout()->set_ns(5);
  other.add_targets("postgres");
  EXPECT_EQ(DigestOf(campaign, other), digest);
}

TEST(PlanDigest, DiffersWithEverySettingThatShapesThePlan) {
  std::set<std::string> digests = {DigestOf(MakeCampaign(), DigestScenario())};
  const auto add = [&digests](const v1::Campaign& campaign, const v1::Scenario& scenario) {
    EXPECT_TRUE(digests.insert(DigestOf(campaign, scenario)).second)
        << scenario.ShortDebugString() << campaign.ShortDebugString();
  };
  v1::Campaign campaign = MakeCampaign();
  campaign.set_seed(43);
  add(campaign, DigestScenario());
  add(MakeCampaign(10001), DigestScenario());
  campaign = MakeCampaign();
  campaign.mutable_dataset()->mutable_logs()->set_services(65);
  add(campaign, DigestScenario());
  v1::Scenario scenario = DigestScenario();
  scenario.mutable_operations(0)->set_weight(41);
  add(MakeCampaign(), scenario);
  scenario = DigestScenario();
  scenario.mutable_keys()->set_law(v1::KEY_LAW_LATEST);
  add(MakeCampaign(), scenario);
  scenario = DigestScenario();
  scenario.mutable_shape()->mutable_open()->mutable_rate()->set_operations(101);
  add(MakeCampaign(), scenario);
  scenario = DigestScenario();
  scenario.mutable_phases()->mutable_measure()->set_ns(3'000'000'000);
  add(MakeCampaign(), scenario);
  scenario = DigestScenario();
  *scenario.mutable_shape()->mutable_open() = FromText<v1::OpenLoop>(
      "rate { " + RatePerSecond(100) +
      " } arrivals: ARRIVAL_PROCESS_BURST burst { factor: 5 calm { ns: 500000000 } burst { ns: "
      "100000000 } }");
  add(MakeCampaign(), scenario);
  scenario.mutable_shape()->mutable_open()->mutable_burst()->set_factor(6);
  add(MakeCampaign(), scenario);
  scenario.mutable_shape()->mutable_open()->set_arrivals(v1::ARRIVAL_PROCESS_REPLAY);
  add(MakeCampaign(), scenario);
  scenario.mutable_shape()->mutable_open()->mutable_replay()->set_sha256("0123");
  add(MakeCampaign(), scenario);
  scenario = DigestScenario();
  scenario.set_name("other");
  add(MakeCampaign(), scenario);
}

// A plan means the same for ever, as records do: see logs_dataset_test.cc.
TEST(PlanDigest, IsPinned) {
  EXPECT_EQ(DigestOf(MakeCampaign(), DigestScenario()),
            "235553c9a25992b923fd5d8d9c4d359458a518bd35a9e85deeea75b769dde879");
}

}  // namespace
}  // namespace weir
