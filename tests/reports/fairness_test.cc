#include "reports/fairness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reports/comparison.h"
#include "tests/reports/comparison_fixture.h"

namespace weir {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

v1::Target Postgres(const std::string& name) {
  v1::Target target;
  target.set_name(name);
  target.mutable_postgres()->set_indexes(v1::INDEX_SET_QUERIED);
  return target;
}

v1::Target Cosmos(v1::Consistency consistency) {
  v1::Target target;
  target.set_name("cosmos");
  target.mutable_cosmos()->set_consistency(consistency);
  return target;
}

std::vector<std::string> Differing(const std::vector<FairnessTarget>& targets) {
  std::vector<std::string> names;
  for (const FairnessRow& row : FairnessLedger({}, targets)) {
    if (row.differs) names.push_back(row.name);
  }
  return names;
}

TEST(Fairness, OfATargetWithItselfIsAlikeInEverything) {
  const v1::Target one = Postgres("one");
  const v1::Target two = Postgres("two");
  EXPECT_THAT(Differing({{&one}, {&two}}), SizeIs(0));
  EXPECT_EQ(RankingRefusal(FairnessLedger({}, {{&one}, {&two}}), {{&one}, {&two}}), "");
}

TEST(Fairness, SeesWhatEachSettingPromisesLess) {
  const v1::Target kept = Postgres("kept");
  v1::Target other = Postgres("other");
  other.mutable_postgres()->set_synchronous_commit(v1::SYNCHRONOUS_COMMIT_OFF);
  EXPECT_EQ(Differing({{&kept}, {&other}}), std::vector<std::string>{"durability"});
  other = Postgres("other");
  other.mutable_postgres()->set_unlogged(true);
  EXPECT_EQ(Differing({{&kept}, {&other}}), std::vector<std::string>{"durability"});
  other = Postgres("other");
  other.mutable_postgres()->set_indexes(v1::INDEX_SET_NONE);
  EXPECT_EQ(Differing({{&kept}, {&other}}), std::vector<std::string>{"indexes"});
  other = Postgres("other");
  other.set_batch(10);
  EXPECT_EQ(Differing({{&kept}, {&other}}), std::vector<std::string>{"batch"});
  EXPECT_THAT(Differing({{&kept}, {&kept}}), SizeIs(0));
}

TEST(Fairness, OfADatabaseInMemoryIsNotThatOfAFile) {
  v1::Target file;
  file.set_name("file");
  file.mutable_sqlite()->set_path("weir.db");
  v1::Target memory = file;
  memory.mutable_sqlite()->set_path(":memory:");
  EXPECT_EQ(Differing({{&file}, {&memory}}), std::vector<std::string>{"durability"});
}

TEST(Fairness, AReplicaThatWaitsPromisesNoLess) {
  const v1::Target kept = Postgres("kept");
  v1::Target remote = Postgres("remote");
  remote.mutable_postgres()->set_synchronous_commit(v1::SYNCHRONOUS_COMMIT_REMOTE_APPLY);
  EXPECT_THAT(Differing({{&kept}, {&remote}}), SizeIs(0));
}

TEST(Fairness, OnlyStrongConsistencyIsWhatOnePrimaryGives) {
  const v1::Target postgres = Postgres("postgres");
  const v1::Target strong = Cosmos(v1::CONSISTENCY_STRONG);
  const v1::Target session = Cosmos(v1::CONSISTENCY_SESSION);
  const v1::Target account = Cosmos(v1::CONSISTENCY_ACCOUNT_DEFAULT);
  EXPECT_THAT(Differing({{&postgres}, {&strong}}), SizeIs(0));
  EXPECT_EQ(Differing({{&postgres}, {&session}}), std::vector<std::string>{"consistency"});
  EXPECT_EQ(Differing({{&postgres}, {&account}}), std::vector<std::string>{"consistency"});
}

v1::Leg Told(const std::string& name, const std::string& value) {
  v1::Leg leg;
  v1::Condition* condition = leg.add_conditions();
  condition->set_name(name);
  condition->set_value(value);
  return leg;
}

TEST(Fairness, BelievesTheServerMoreThanTheCampaign) {
  const v1::Target postgres = Postgres("postgres");
  const v1::Leg no_sync = Told("fsync", "off");
  EXPECT_EQ(Differing({{&postgres}, {&postgres, &no_sync}}),
            std::vector<std::string>{"durability"});
  const v1::Target session = Cosmos(v1::CONSISTENCY_SESSION);
  const v1::Target account = Cosmos(v1::CONSISTENCY_ACCOUNT_DEFAULT);
  const v1::Leg disclosed = Told("consistency", "Session (the account's)");
  EXPECT_THAT(Differing({{&session}, {&account, &disclosed}}), SizeIs(0));
  const v1::Leg emulator = Told("durability", "none: the emulator keeps everything in memory");
  EXPECT_EQ(Differing({{&session}, {&session, &emulator}}), std::vector<std::string>{"durability"});
  const v1::Leg synced =
      Told("durability", "one copy: the emulator syncs each write before it answers");
  EXPECT_THAT(Differing({{&session}, {&session, &synced}}), SizeIs(0));
}

TEST(Fairness, ANullTargetPromisesNothingAndDiffersFromNothing) {
  v1::Target null;
  null.set_name("null");
  null.mutable_null();
  const v1::Target postgres = Postgres("postgres");
  EXPECT_THAT(Differing({{&null}, {&postgres}}), SizeIs(0));
}

v1::RunResult RunWithAnUnloggedTarget() {
  v1::RunResult run = test::TenPercentSlower().Make();
  for (v1::Target& target : *run.mutable_campaign()->mutable_targets()) target.mutable_postgres();
  run.mutable_campaign()->mutable_targets(1)->mutable_postgres()->set_unlogged(true);
  return run;
}

TEST(Fairness, ThatIsNotAcknowledgedMakesNoRanking) {
  const v1::RunResult run = RunWithAnUnloggedTarget();
  const v1::ComparisonResult whole = CompareRounds(run);
  EXPECT_EQ(whole.compared(0).finding(), v1::FINDING_NO_VERDICT);
  EXPECT_THAT(whole.compared(0).sentence(),
              HasSubstr("not comparable, durability differs: direct: what is acknowledged survives "
                        "a crash (synchronous_commit on); slow: everything may be lost in a crash "
                        "(UNLOGGED table)"));
  EXPECT_EQ(whole.compared(0).pairs_size(), 10) << "the figures themselves stay";
  EXPECT_THAT(whole.ranking_refused(), HasSubstr("durability"));
}

TEST(Fairness, ThatIsAcknowledgedIsSaidBesideTheVerdict) {
  v1::RunResult run = RunWithAnUnloggedTarget();
  run.mutable_campaign()->mutable_compare()->add_acknowledge(v1::FAIRNESS_DURABILITY);
  const v1::ComparisonResult whole = CompareRounds(run);
  EXPECT_EQ(whole.compared(0).finding(), v1::FINDING_SLOWER);
  ASSERT_GT(whole.compared(0).cautions_size(), 0);
  EXPECT_THAT(whole.compared(0).cautions(0), HasSubstr("acknowledged: durability differs"));
}

}  // namespace
}  // namespace weir
