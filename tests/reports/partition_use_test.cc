#include "reports/partition_use.h"

#include <gtest/gtest.h>

namespace weir {
namespace {

// Ten measured seconds after five others, 1,000 RU/s, four partitions of which two are used.
v1::Leg SkewedLeg() {
  v1::Leg leg;
  leg.set_provisioned_ru(1'000);
  leg.set_physical_partitions(4);
  v1::PhaseSpan* span = leg.add_spans();
  span->set_phase(v1::PHASE_MEASURE);
  span->set_first_second(5);
  span->set_duration_ns(10'000'000'000);
  for (const uint64_t ru : {2'500, 500}) {
    v1::PartitionUse* use = leg.add_partitions();
    use->set_partition(leg.partitions_size() - 1);
    use->set_milli_ru(ru * 1'000);
    use->set_attempts(100);
  }
  return leg;
}

v1::ThroughputChange* AddChange(uint32_t done_second, uint64_t ru, v1::Leg* leg) {
  v1::ThroughputChange* change = leg->add_throughput_changes();
  change->set_done_second(done_second);
  change->set_to_ru(ru);
  return change;
}

TEST(MeanProvisionedRu, WeighsEveryThroughputByItsTime) {
  v1::Leg leg = SkewedLeg();
  EXPECT_EQ(MeanProvisionedRu(leg), 1'000);
  AddChange(3, 2'000, &leg);   // before the measure phase
  AddChange(10, 4'000, &leg);  // in its middle
  AddChange(12, 9'000, &leg)->set_error("refused");
  AddChange(0, 9'000, &leg);  // not done before the end
  EXPECT_EQ(MeanProvisionedRu(leg), 3'000);
}

TEST(Utilisation, SaysWhatTheSkewMakesImpossible) {
  const v1::Leg leg = SkewedLeg();
  EXPECT_NEAR(PartitionSkew(leg), 3.33, 0.01);
  EXPECT_EQ(UtilisationText(leg),
            "utilisation: 30.0 % of the 1,000 RU/s provisioned; 0 % of the requests throttled; the "
            "busiest of 4 partitions took 3.33 times the mean, so that keys like these can use at "
            "most 30.0 %");
}

TEST(Utilisation, LeavesOutWhatRefusalsCost) {
  v1::Leg leg = SkewedLeg();
  leg.mutable_partitions(0)->set_milli_ru(9'500'000);
  leg.mutable_partitions(0)->set_refused_milli_ru(1'000'000);
  leg.mutable_partitions(0)->set_throttled(50);
  EXPECT_EQ(
      UtilisationText(leg).substr(0, 85),
      "utilisation: 90.0 % of the 1,000 RU/s provisioned; 25.0 % of the requests throttled; ");
}

TEST(Utilisation, IsNotSpokenOfWhereNothingIsProvisioned) {
  v1::Leg leg = SkewedLeg();
  leg.set_provisioned_ru(0);
  EXPECT_EQ(UtilisationText(leg), "");
}

void AddKey(const char* key, uint64_t operations, uint64_t too_high, uint64_t ru, v1::Leg* leg) {
  v1::KeyUse* use = leg->add_hot_keys();
  use->set_key(key);
  use->set_operations(operations);
  use->set_most_too_high(too_high);
  use->set_milli_ru(ru * 1'000);
}

TEST(HotKeys, AreThoseThatStandOut) {
  v1::Leg leg = SkewedLeg();
  AddKey("\"eu\"", 120, 20, 1'500, &leg);
  AddKey("\"us\"", 110, 0, 600, &leg);
  AddKey("\"often replaced\"", 90, 89, 7, &leg);
  const std::vector<HotKey> keys = HotKeys(leg);
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].operations, "100 – 120");
  EXPECT_EQ(keys[1].operations, "110");
  EXPECT_DOUBLE_EQ(keys[0].share, 0.5);
  EXPECT_EQ(HotKeysText(leg),
            "hottest partition keys: \"eu\" 50.0 %, \"us\" 20.0 % of the request units");
}

}  // namespace
}  // namespace weir
