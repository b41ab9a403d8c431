#include "coordinator/report_view.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"

#include "coordinator/stage_merge.h"
#include "measure/index_runs.h"
#include "measure/tally.h"

namespace weir {
namespace {

v1::Tally RandomTally(std::mt19937_64& random) {
  Tally tally;
  for (uint64_t left = random() % 40; left > 0; --left) {
    tally.response.Record(random() % (uint64_t{1} << (random() % 40)));
    tally.lag.Record(random() % 1000);
    if (random() % 3 == 0) tally.charge.Record(random() % 100'000);
  }
  tally.counts().set_planned(random() % 50);
  tally.counts().set_ok(random() % 50);
  tally.counts().set_milli_ru(random());
  return tally.ToProto();
}

v1::IntervalReport RandomReport(std::mt19937_64& random) {
  v1::IntervalReport report;
  report.set_leg(3);
  report.set_task(v1::TASK_DRIVE);
  report.set_sequence(1);
  report.set_step(static_cast<uint32_t>(random() % 9));
  v1::Interval* interval = report.mutable_interval();
  interval->set_second(static_cast<uint32_t>(random() % 5));
  for (uint64_t part = random() % 5; part > 0; --part) {
    v1::OperationInterval* operation = interval->add_operations();
    operation->set_phase(random() % 2 == 0 ? v1::PHASE_WARM_UP : v1::PHASE_MEASURE);
    operation->set_operation(static_cast<uint32_t>(random() % 3));
    operation->set_age(static_cast<uint32_t>(random() % (interval->second() + 1)));
    *operation->mutable_tally() = RandomTally(random);
  }
  interval->add_partitions()->set_milli_ru(random());
  interval->add_resources()->set_clocksource("tsc");
  if (random() % 2 == 0) interval->add_processes()->set_name("postgres");
  std::vector<uint64_t> indices = {5, 8, 11, random() % 1000 + 12};
  if (random() % 2 == 0) {
    EncodeRuns(&indices, interval->mutable_ledger()->mutable_acknowledged());
  }
  return report;
}

void Damage(std::mt19937_64& random, std::string* bytes) {
  for (uint64_t times = 1 + random() % 3; times > 0 && !bytes->empty(); --times) {
    const size_t at = random() % bytes->size();
    switch (random() % 4) {
      case 0:
        (*bytes)[at] = static_cast<char>(random());
        break;
      case 1:
        (*bytes)[at] = static_cast<char>((*bytes)[at] ^ (1 << random() % 8));
        break;
      case 2:
        bytes->resize(at);
        break;
      default:
        bytes->insert(at, bytes->substr(random() % bytes->size(), random() % 20));
    }
  }
}

// What a stage of two agents shows when this report comes as a message, or as bytes. Empty:
// refused.
template <typename Report>
std::string Outcome(const Report& report) {
  StageMerge merge(2);
  std::string seconds;
  const auto show = [&](const MergedSecond& second) {
    seconds += second.ToProto().SerializeAsString();
    for (const auto& [agent, counts] : second.by_agent) seconds += counts.SerializeAsString();
  };
  const auto taken = merge.Add(0, report, show);
  if (!taken.ok()) {
    merge.Lose(0, 0, show);
    merge.Lose(1, 0, show);
    EXPECT_EQ(seconds, "");  // nothing of it was merged
    return "refused: " + std::string(taken.status().message());
  }
  merge.Lose(0, 0, show);
  merge.Lose(1, 0, show);
  return absl::StrCat("taken ", static_cast<int>(*taken), " ", seconds);
}

// Both ways to read these bytes come to the same.
void ExpectTheSame(const std::string& bytes, ReportView& view) {
  v1::IntervalReport plain;
  const bool parses = plain.ParseFromString(bytes);
  const absl::Status read = view.Read(bytes);
  ASSERT_EQ(read.ok(), parses);
  if (!parses) return;
  EXPECT_EQ(view.sequence(), plain.sequence());
  EXPECT_EQ(view.step(), plain.step());
  EXPECT_EQ(view.second(), plain.interval().second());
  if (plain.sequence() == 1) {
    EXPECT_EQ(Outcome(view), Outcome(plain));
  }
}

TEST(ReportView, MergesWhatTheMessageWouldHave) {
  std::mt19937_64 random(1);
  ReportView view;
  for (int i = 0; i < 300; ++i) ExpectTheSame(RandomReport(random).SerializeAsString(), view);
}

TEST(ReportView, TakesOfDamagedBytesExactlyWhatProtobufTakesOfThem) {
  std::mt19937_64 random(2);
  ReportView view;
  for (int i = 0; i < 3000; ++i) {
    std::string bytes = RandomReport(random).SerializeAsString();
    Damage(random, &bytes);
    SCOPED_TRACE(i);
    ExpectTheSame(bytes, view);
    if (HasFailure()) return;
  }
}

TEST(ReportView, LeavesWhatItDoesNotKnowToProtobuf) {
  v1::IntervalReport report;
  report.set_sequence(7);
  const std::string unknown = {'\x98', '\x06', '\x01'};  // field 99: 1
  ReportView view;
  ASSERT_TRUE(view.Read(report.SerializeAsString() + unknown).ok());
  EXPECT_EQ(view.sequence(), 7u);
}

TEST(ReportView, FindsTheReportOnlyInAMessageThatIsNothingElse) {
  v1::AgentMessage message;
  message.mutable_interval()->set_sequence(7);
  const std::string bytes = message.SerializeAsString();
  EXPECT_EQ(IntervalReportIn(bytes), message.interval().SerializeAsString());
  v1::AgentMessage other;
  other.mutable_farewell();
  EXPECT_EQ(IntervalReportIn(bytes + other.SerializeAsString()), "");
  EXPECT_EQ(IntervalReportIn(other.SerializeAsString()), "");
  EXPECT_EQ(IntervalReportIn(bytes.substr(0, bytes.size() - 1)), "");
}

TEST(ReportView, OfADamagedHistogramNothingStaysInTheSecond) {
  StageMerge merge(2);
  std::mt19937_64 random(3);
  v1::IntervalReport good;
  good.set_sequence(1);
  v1::IntervalReport bad = good;
  for (v1::IntervalReport* report : {&good, &bad}) {
    for (uint32_t operation = 0; operation < 3; ++operation) {
      v1::OperationInterval* part = report->mutable_interval()->add_operations();
      part->set_operation(operation);
      *part->mutable_tally() = RandomTally(random);
    }
  }
  bad.mutable_interval()->mutable_operations(2)->mutable_tally()->mutable_response()->append("x");
  bad.mutable_interval()->mutable_operations(2)->set_operation(4);
  std::string shown;
  const auto show = [&](const MergedSecond& s) { shown = s.ToProto().SerializeAsString(); };
  ASSERT_TRUE(merge.Add(0, good, show).ok());
  ASSERT_FALSE(merge.Add(1, bad, show).ok());
  merge.Lose(1, 0, show);
  StageMerge alone(1);
  std::string expected;
  ASSERT_TRUE(
      alone.Add(0, good, [&](const MergedSecond& s) { expected = s.ToProto().SerializeAsString(); })
          .ok());
  EXPECT_EQ(shown, expected);
}

}  // namespace
}  // namespace weir
