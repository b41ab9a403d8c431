// What lies in a results store and no Weir has written: it is refused, with the field; and what an
// older Weir has written is not.
#include "reports/stored_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "measure/histogram.h"
#include "tests/reports/sample_run.h"
#include "tests/reports/sample_search.h"

namespace weir {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kMost = TallyBounds::kMost;

const v1::RunResult& Sample() {
  static const auto* const sample = new v1::RunResult(test::SampleRun());
  return *sample;
}

std::string Refusal(const std::function<void(v1::RunResult*)>& spoil) {
  v1::RunResult run = Sample();
  spoil(&run);
  return std::string(CheckStoredRun(run).message());
}

std::string LegRefusal(const std::function<void(v1::Leg*)>& spoil) {
  return Refusal([&](v1::RunResult* run) { spoil(run->mutable_legs(1)); });
}

std::string Values(uint64_t count) {
  Histogram histogram;
  histogram.RecordTimes(1000, count);
  return histogram.EncodeV2();
}

TEST(StoredRun, TakesWhatWeirWrites) {
  EXPECT_EQ(CheckStoredRun(Sample()), absl::OkStatus());
  EXPECT_EQ(CheckStoredRun(test::SampleSearch()), absl::OkStatus());
}

// A field that is not there is what an older Weir did not know; those that others rest on were
// there from the first run on.
TEST(StoredRun, TakesRunsThatLackAnyFieldThatMayHaveComeLater) {
  const auto lacking = [](google::protobuf::Message* message, const v1::RunResult& run) {
    const auto* type = message->GetDescriptor();
    for (int i = 0; i < type->field_count(); ++i) {
      const auto* field = type->field(i);
      if (field->name() == "id" || field->name() == "index" || field->name() == "operations") {
        continue;
      }
      const std::string whole = message->SerializeAsString();
      message->GetReflection()->ClearField(message, field);
      EXPECT_EQ(CheckStoredRun(run), absl::OkStatus()) << field->full_name();
      ASSERT_TRUE(message->ParseFromString(whole));
    }
  };
  v1::RunResult run = Sample();
  lacking(&run, run);
  lacking(run.mutable_legs(1), run);
  lacking(run.mutable_legs(1)->mutable_results(0)->mutable_total(), run);
}

TEST(StoredRun, RefusesNamesThatAreNone) {
  EXPECT_THAT(Refusal([](auto* run) { run->set_id("../a"); }), HasSubstr("its id is not"));
  EXPECT_THAT(Refusal([](auto* run) { run->clear_id(); }), HasSubstr("its id is not"));
  EXPECT_THAT(Refusal([](auto* run) { run->mutable_campaign()->set_name("a b"); }),
              HasSubstr("campaign.name does not match"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->set_failure(std::string((1 << 20) + 1, 'x')); }),
              HasSubstr("legs[1].failure is too long"));
}

TEST(StoredRun, RefusesIndicesOfNothing) {
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->set_index(0); }), HasSubstr("legs[1].index"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->mutable_results(2)->set_operation(4); }),
              HasSubstr("legs[1].results[2].operation is 4, of 4"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->mutable_shares(0)->set_operation(99); }),
              HasSubstr("legs[1].shares[0].operation is 99"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->mutable_shares(0)->set_agent(UINT32_MAX); }),
              HasSubstr("legs[1].shares[0].agent"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->add_partitions()->set_partition(-2); }),
              HasSubstr("].partition is none"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->add_partitions()->set_partition(10'000); }),
              HasSubstr("].partition is 10000"));
  EXPECT_THAT(LegRefusal([](auto* leg) {
                leg->add_lost_shares()->set_stage(v1::PHASE_LOAD);  // part 0 of 0
              }),
              HasSubstr("lost_shares[0].share_index"));
  EXPECT_THAT(Refusal([](auto* run) { run->mutable_cost()->add_legs()->set_leg(4); }),
              HasSubstr("cost.legs[0].leg is 4, of 4"));
  EXPECT_THAT(Refusal([](auto* run) { run->mutable_agents(0)->set_index(UINT32_MAX); }),
              HasSubstr("agents[0].index"));
}

TEST(StoredRun, RefusesPhasesAndKindsThatAreNone) {
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->mutable_results(0)->clear_phase(); }),
              HasSubstr("legs[1].results[0].phase is none"));
  EXPECT_THAT(Refusal([](auto* run) { run->set_state(static_cast<v1::RunState>(77)); }),
              HasSubstr("state is of no known kind"));
  EXPECT_THAT(LegRefusal([](auto* leg) {
                leg->mutable_verdict()->set_validity(static_cast<v1::Validity>(-1));
              }),
              HasSubstr("legs[1].verdict.validity is of no known kind"));
  EXPECT_THAT(LegRefusal([](auto* leg) { *leg->add_spans() = leg->spans(0); }),
              HasSubstr("phase is there twice"));
  EXPECT_THAT(LegRefusal([](auto* leg) { *leg->add_results() = leg->results(0); }),
              HasSubstr("operation is there twice"));
}

TEST(StoredRun, RefusesNumbersThatAreNone) {
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->set_canary_per_s(std::nan("")); }),
              HasSubstr("legs[1].canary_per_s is out of its range"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->set_canary_per_s(INFINITY); }),
              HasSubstr("legs[1].canary_per_s is out of its range"));
  EXPECT_THAT(
      Refusal([](auto* run) { run->set_started_unix_ns(std::numeric_limits<int64_t>::min()); }),
      HasSubstr("started_unix_ns is out of its range"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->mutable_spans(0)->set_duration_ns(-1); }),
              HasSubstr("legs[1].spans[0].duration_ns"));
  EXPECT_THAT(LegRefusal([](auto* leg) { leg->mutable_spans(0)->set_first_second(10'000'000); }),
              HasSubstr("legs[1].spans[0].first_second"));
  EXPECT_THAT(Refusal([](auto* run) { run->mutable_campaign()->mutable_budget()->set_money(-1); }),
              HasSubstr("campaign.budget.money"));
  // What failed too often has no quantile, and that is no damage.
  EXPECT_EQ(Refusal([](auto* run) { run->add_thresholds()->set_value(INFINITY); }), "");
}

TEST(StoredRun, RefusesPhasesThatTogetherAreLongerThanARun) {
  EXPECT_THAT(Refusal([](auto* run) {
                for (v1::Leg& leg : *run->mutable_legs()) {
                  leg.mutable_spans(0)->set_duration_ns(3'000'000ll * 1'000'000'000);
                }
              }),
              HasSubstr("legs[3].spans[0].duration_ns is longer"));
}

TEST(StoredRun, RefusesCountsWhoseSumIsNone) {
  EXPECT_THAT(
      LegRefusal([](auto* leg) { leg->mutable_results(0)->mutable_total()->set_ok(kMost + 1); }),
      HasSubstr("legs[1].results[0].total.ok: more than can be counted"));
  EXPECT_THAT(Refusal([](auto* run) {
                for (v1::Leg& leg : *run->mutable_legs()) {
                  leg.mutable_results(0)->mutable_total()->set_planned(kMost / 4);
                }
              }),
              HasSubstr("legs[3].results[0].total.planned: more than can be counted"));
  EXPECT_THAT(LegRefusal([](auto* leg) {
                for (int i = 0; i < 3; ++i) {
                  leg->mutable_shares(i)->mutable_total()->set_lag(Values(kMost / 2));
                }
              }),
              HasSubstr("].total.lag: histogram payload counts overflow"));
  EXPECT_THAT(
      LegRefusal([](auto* leg) { leg->mutable_partitions(0)->set_refused_milli_ru(kMost); }),
      HasSubstr("legs[1].partitions[0].refused_milli_ru is more"));
}

TEST(StoredRun, RefusesHistogramsThatAreNone) {
  EXPECT_THAT(LegRefusal([](auto* leg) {
                leg->mutable_results(1)->mutable_total()->mutable_service()->pop_back();
              }),
              HasSubstr("legs[1].results[1].total.service: histogram payload is cut"));
  EXPECT_THAT(LegRefusal([](auto* leg) {
                (*leg->mutable_shares(0)->mutable_total()->mutable_response())[15] = 4;
              }),
              HasSubstr("legs[1].shares[0].total.response: histogram payload has another layout"));
}

// --------------------------------------------------------------------------------- its seconds

v1::Interval Second(uint32_t second) {
  v1::Interval interval;
  interval.set_second(second);
  v1::OperationInterval* part = interval.add_operations();
  part->set_phase(v1::PHASE_MEASURE);
  part->set_operation(1);
  part->mutable_tally()->set_response(Values(3));
  interval.add_resources()->set_span_ns(1'000'000'000);
  return interval;
}

std::string SecondRefusal(const std::function<void(v1::Interval*)>& spoil) {
  v1::Interval interval = Second(3);
  spoil(&interval);
  return std::string(StoredSeconds(2).Check(v1::PHASE_MEASURE, 3, interval).message());
}

TEST(StoredSeconds, TakesWhatWeirWrites) {
  EXPECT_EQ(SecondRefusal([](auto*) {}), "");
}

TEST(StoredSeconds, RefusesWhatIsNotOfItsLeg) {
  EXPECT_THAT(SecondRefusal([](auto* s) { s->mutable_operations(0)->set_operation(2); }),
              HasSubstr("operations[0].operation is 2, of 2"));
  EXPECT_THAT(SecondRefusal([](auto* s) {
                s->mutable_operations(0)->set_phase(v1::PHASE_LOAD);
                s->mutable_operations(0)->set_operation(0);
              }),
              HasSubstr("operations[0].phase is not of its stage"));
  EXPECT_THAT(SecondRefusal([](auto* s) { s->set_second(4); }), HasSubstr("second is not the one"));
  EXPECT_FALSE(StoredSeconds(2).Check(v1::PHASE_WARM_UP, 3, Second(3)).ok());
}

TEST(StoredSeconds, RefusesAmountsThatAreNone) {
  EXPECT_THAT(
      SecondRefusal([](auto* s) { s->mutable_operations(0)->mutable_tally()->set_response("x"); }),
      HasSubstr("operations[0].tally.response: histogram payload ends"));
  EXPECT_THAT(SecondRefusal([](auto* s) { s->mutable_resources(0)->set_span_ns(1ll << 60); }),
              HasSubstr("resources[0].span_ns"));
  EXPECT_THAT(SecondRefusal([](auto* s) { s->add_partitions()->set_attempts(kMost + 1); }),
              HasSubstr("partitions[0]"));
  StoredSeconds seconds(2);
  v1::Interval most = Second(0);
  most.mutable_operations(0)->mutable_tally()->set_bytes_sent(kMost);
  EXPECT_TRUE(seconds.Check(v1::PHASE_MEASURE, 0, most).ok());
  most.set_second(1);
  EXPECT_THAT(std::string(seconds.Check(v1::PHASE_MEASURE, 1, most).message()),
              HasSubstr("tally.bytes_sent: more than can be counted"));
}

// Writers that draw every second make one of each that nobody reported.
TEST(StoredSeconds, RefusesASecondFarBeyondThoseThatAreThere) {
  EXPECT_TRUE(StoredSeconds(2).Check(v1::PHASE_MEASURE, 7000, Second(7000)).ok());
  EXPECT_THAT(std::string(StoredSeconds(2).Check(v1::PHASE_MEASURE, 8000, Second(8000)).message()),
              HasSubstr("second is long after the one before it"));
  StoredSeconds seconds(2);
  for (uint32_t second = 0; second < 200; ++second) {
    ASSERT_TRUE(seconds.Check(v1::PHASE_MEASURE, second, Second(second)).ok());
  }
  EXPECT_TRUE(seconds.Check(v1::PHASE_MEASURE, 9000, Second(9000)).ok());
}

}  // namespace
}  // namespace weir
