// One leg for each place at which operations can be held up, made of the numbers that a run brings.
#include "coordinator/bottleneck.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "measure/tally.h"

namespace weir {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr uint64_t kOperations = 10'000;
constexpr int kSeconds = 10;

// A leg of 10 s with 1,000 operations per second, 4 sessions, 2 ms of service time and nothing
// else: its sessions are half busy.
class BottleneckTest : public ::testing::Test {
 protected:
  BottleneckTest() {
    leg_.set_open_loop(true);
    leg_.set_sessions(4);
    v1::PhaseSpan* span = leg_.add_spans();
    span->set_phase(v1::PHASE_MEASURE);
    span->set_duration_ns(kSeconds * kNsPerSecond);
    target_.mutable_postgres()->set_pipeline_depth(1);
  }

  // In milliseconds, for every operation.
  void Took(double lag, double wait, double service) {
    const auto ns = [](double ms) { return static_cast<uint64_t>(ms * kNsPerMs); };
    tally_.lag.RecordTimes(ns(lag), kOperations);
    tally_.wait.RecordTimes(ns(wait), kOperations);
    tally_.service.RecordTimes(ns(service), kOperations);
    tally_.response.RecordTimes(ns(lag + wait + service), kOperations);
    tally_.counts().set_planned(kOperations);
    tally_.counts().set_ok(kOperations);
    tally_.counts().set_attempts(kOperations);
  }

  // The database's processes run on the machine of agent 0, with 4 cores.
  void TookCpu(double database_cores, double machine_cores) {
    const auto ns = [](double cores) { return static_cast<uint64_t>(cores * kSeconds * 1e9); };
    leg_.add_processes()->set_cpu_ns(ns(database_cores));
    v1::ResourceSample* sample = leg_.add_resources();
    sample->set_span_ns(kSeconds * kNsPerSecond);
    sample->set_cores(4);
    sample->set_machine_cpu_ns(ns(machine_cores));
  }

  void Waited(const std::string& what, double samples) {
    v1::NamedCount* wait = leg_.mutable_evidence()->add_waits();
    wait->set_name(what);
    wait->set_value(samples);
    leg_.mutable_evidence()->set_wait_samples(leg_.evidence().wait_samples() +
                                              static_cast<uint64_t>(samples));
  }

  v1::Bottleneck Name() {
    v1::PhaseResult* result = leg_.add_results();
    result->set_phase(v1::PHASE_MEASURE);
    *result->mutable_total() = tally_.ToProto();
    NameBottleneck(scenario_, target_, &leg_);
    return leg_.bottleneck();
  }

  void ExpectPlace(v1::BottleneckPlace place, const char* words) {
    const v1::Bottleneck named = Name();
    EXPECT_EQ(v1::BottleneckPlace_Name(named.place()), v1::BottleneckPlace_Name(place));
    EXPECT_THAT(named.sentence(), HasSubstr(words));
    EXPECT_THAT(named.evidence(), Contains(StartsWith("mean response ")));
  }

  Tally tally_;
  v1::Leg leg_;
  v1::Scenario scenario_;
  v1::Target target_;
};

TEST_F(BottleneckTest, IsNoneWhenResponseIsServiceTime) {
  Took(0, 0.1, 2);
  ExpectPlace(v1::BOTTLENECK_PLACE_NONE, "95.2 % of the response time was service time");
}

TEST_F(BottleneckTest, IsTheGeneratorWhenLagIsAShareOfTheResponseTime) {
  Took(1, 0, 2);
  ExpectPlace(v1::BOTTLENECK_PLACE_GENERATOR, "1.00 ms late on average");
}

TEST_F(BottleneckTest, IsTheGeneratorWhenAGateOnItFailed) {
  Took(0, 0, 2);
  v1::GateResult* gate = leg_.add_gates();
  gate->set_name("worker_cpu");
  gate->set_saw("97 %");
  gate->set_limit("≤ 80 %");
  ExpectPlace(v1::BOTTLENECK_PLACE_GENERATOR, "worker_cpu: 97 % (limit ≤ 80 %)");
}

TEST_F(BottleneckTest, AHiccupOfTheAgentsDoesNotExplainALongQueue) {
  Took(0.1, 300, 4);
  v1::GateResult* gate = leg_.add_gates();
  gate->set_name("watchdog");
  gate->set_saw("longest gap 120 ms");
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL, "4 sessions");
  EXPECT_THAT(leg_.bottleneck().evidence(), Contains(HasSubstr("longest gap 120 ms")));
}

TEST_F(BottleneckTest, ACoreThatIsFullBesideTheDatabaseIsNotTheGenerators) {
  Took(0, 20, 4);
  v1::GateResult* gate = leg_.add_gates();
  gate->set_name("core_cpu");
  TookCpu(3.6, 3.9);
  EXPECT_EQ(Name().place(), v1::BOTTLENECK_PLACE_DATABASE);
}

TEST_F(BottleneckTest, AGateOnSomethingElseIsNotTheGenerators) {
  Took(0, 0.1, 2);
  leg_.add_gates()->set_name("agreement");
  EXPECT_EQ(Name().place(), v1::BOTTLENECK_PLACE_NONE);
}

TEST_F(BottleneckTest, ATimersGrainIsNoLag) {
  Took(0.05, 0, 0.1);
  ExpectPlace(v1::BOTTLENECK_PLACE_NONE, "None");
}

TEST_F(BottleneckTest, IsTheGeneratorWhenAClosedLoopLeavesItsSessionsIdle) {
  leg_.set_open_loop(false);
  Took(0, 0, 0.1);
  ExpectPlace(v1::BOTTLENECK_PLACE_GENERATOR, "busy 2.50 % of the time");
}

TEST_F(BottleneckTest, IsNoneWhenAClosedLoopPauses) {
  leg_.set_open_loop(false);
  scenario_.mutable_shape()->mutable_closed()->mutable_think_time()->set_ns(kNsPerMs);
  Took(0, 0, 0.1);
  ExpectPlace(v1::BOTTLENECK_PLACE_NONE, "paused");
}

TEST_F(BottleneckTest, IsTheThrottleWhenAttemptsAreRefused) {
  Took(0, 5, 4);
  tally_.counts().set_throttled_attempts(2'000);
  leg_.set_provisioned_ru(1'000);
  leg_.add_partitions()->set_milli_ru(1'000'000);
  leg_.add_partitions()->set_milli_ru(4'900'000);
  leg_.mutable_partitions(1)->set_partition(7);
  ExpectPlace(v1::BOTTLENECK_PLACE_THROTTLE,
              "were refused for lack of it; partition 7 used 98.0 %");
}

// Two of four partitions are used, and the throughput was doubled in the middle.
TEST_F(BottleneckTest, APartitionsShareIsThatOfAllPartitionsOverTheTime) {
  Took(0, 5, 4);
  tally_.counts().set_throttled_attempts(2'000);
  leg_.set_provisioned_ru(2'000);
  leg_.set_physical_partitions(4);
  v1::ThroughputChange* change = leg_.add_throughput_changes();
  change->set_from_ru(2'000);
  change->set_to_ru(4'000);
  change->set_done_second(5);
  leg_.add_partitions()->set_milli_ru(1'000'000);
  leg_.add_partitions()->set_milli_ru(7'350'000);
  leg_.mutable_partitions(1)->set_partition(7);
  ExpectPlace(v1::BOTTLENECK_PLACE_THROTTLE, "partition 7 used 98.0 %");
}

TEST_F(BottleneckTest, SessionsThatPauseAfterARefusalAreNotIdleForLackOfAgents) {
  leg_.set_open_loop(false);
  Took(0, 0, 0.1);
  tally_.counts().set_throttled_attempts(2'000);
  ExpectPlace(v1::BOTTLENECK_PLACE_THROTTLE, "refused");
}

TEST_F(BottleneckTest, IsTheNetworkWhenSegmentsAreSentAgain) {
  Took(0, 5, 4);
  v1::ResourceSample* sample = leg_.add_resources();
  sample->set_tcp_segments_sent(100'000);
  sample->set_tcp_retransmits(1'000);
  ExpectPlace(v1::BOTTLENECK_PLACE_NETWORK, "1.00 % of the segments had to be sent again");
}

TEST_F(BottleneckTest, IsNotTheNetworkWhenTheDatabaseIsOnThisMachine) {
  Took(0, 20, 4);
  TookCpu(0.4, 1);
  leg_.mutable_resources(0)->set_tcp_segments_sent(100'000);
  leg_.mutable_resources(0)->set_tcp_retransmits(1'000);
  EXPECT_EQ(Name().place(), v1::BOTTLENECK_PLACE_SESSION_POOL);
}

TEST_F(BottleneckTest, IsTheNetworkWhenTheLinkIsFull) {
  Took(0, 5, 4);
  v1::ResourceSample* sample = leg_.add_resources();
  sample->set_span_ns(kSeconds * kNsPerSecond);
  sample->set_link_bytes_per_second(125'000'000);
  sample->set_network_sent_bytes(1'100'000'000);
  ExpectPlace(v1::BOTTLENECK_PLACE_NETWORK, "link was used to 88.0 %");
}

TEST_F(BottleneckTest, IsTheNetworkWhenTheServerTookMuchLessThanTheServiceTime) {
  Took(0, 5, 4);
  tally_.server_time.RecordTimes(200'000, kOperations);
  ExpectPlace(v1::BOTTLENECK_PLACE_NETWORK, "4.00 ms service time the server took 200 µs");
}

TEST_F(BottleneckTest, IsTheSessionPoolWhenOperationsWaitAndTheDatabaseHasRoom) {
  Took(0, 20, 4);
  TookCpu(0.4, 1);
  Waited("CPU", 90);
  Waited("Client/ClientRead", 30);
  Waited("IO/WALSync", 10);
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL,
              "4 sessions were busy 100 % of the time, and operations waited 20.0 ms for a free "
              "one on average; the database had room for more");
}

TEST_F(BottleneckTest, OnAMachineThatOthersFillTheDatabaseIsNotSaidToHaveRoom) {
  Took(0, 20, 4);
  TookCpu(0.4, 3.9);
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL, "is not known");
}

TEST_F(BottleneckTest, SaysWhenItIsNotKnownWhetherTheDatabaseHasRoom) {
  Took(0, 20, 4);
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL, "is not known");
}

TEST_F(BottleneckTest, IsTheDatabaseWhenItsSessionsWaitInsideIt) {
  Took(0, 20, 4);
  Waited("CPU", 30);
  Waited("IO/WALSync", 60);
  Waited("Lock/tuple", 10);
  ExpectPlace(v1::BOTTLENECK_PLACE_DATABASE,
              "70.0 % of the samples, most often for IO/WALSync (60.0 %)");
}

TEST_F(BottleneckTest, IsTheDatabaseWhenItsSessionsWaitForEachOther) {
  Took(0, 20, 4);
  Waited("Lock/tuple", 6);
  Waited("CPU", 4);
  ExpectPlace(v1::BOTTLENECK_PLACE_DATABASE, "most often for Lock/tuple");
}

TEST_F(BottleneckTest, OneSessionThatWaitsForTheDiskAloneIsTheSessionPool) {
  leg_.set_sessions(1);
  Took(0, 20, 1);
  Waited("IO/WALSync", 9);
  Waited("CPU", 1);
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL, "1 session was busy");
}

TEST_F(BottleneckTest, AHandfulOfSamplesSaysNothing) {
  Took(0, 20, 4);
  Waited("Lock/tuple", 9);
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL, "session");
}

TEST_F(BottleneckTest, IsTheDatabaseWhenItHasNoCpuLeft) {
  Took(0, 20, 4);
  TookCpu(3.6, 3.9);
  ExpectPlace(v1::BOTTLENECK_PLACE_DATABASE, "took 90.0 % of its machine's cores");
}

TEST_F(BottleneckTest, IsTheDatabaseWhenItStalled) {
  Took(0, 0, 1);
  tally_.service.Record(2 * kNsPerSecond);
  tally_.wait.RecordTimes(kNsPerSecond, 1'500);
  tally_.response.RecordTimes(kNsPerSecond, 1'500);
  ExpectPlace(v1::BOTTLENECK_PLACE_DATABASE, "stalled");
}

TEST_F(BottleneckTest, IsTheDatabaseInAClosedLoopOfWhichNothingElseIsKnown) {
  leg_.set_open_loop(false);
  Took(0, 0, 4);
  ExpectPlace(v1::BOTTLENECK_PLACE_DATABASE, "100 % of the response time was its service time");
}

TEST_F(BottleneckTest, IsTheSessionPoolInAClosedLoopWhenTheDatabaseHasRoom) {
  leg_.set_open_loop(false);
  Took(0, 0, 4);
  TookCpu(0.4, 1);
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL, "the database had room for more");
}

TEST_F(BottleneckTest, ADatabaseInsideTheAgentIsNotTakenForTheGenerator) {
  target_.mutable_sqlite();
  Took(0, 2, 4);
  v1::GateResult* gate = leg_.add_gates();
  gate->set_name("worker_cpu");
  ExpectPlace(v1::BOTTLENECK_PLACE_DATABASE, "works inside the agent");
}

TEST_F(BottleneckTest, OperationsThatWereNotServedInTimeQueued) {
  Took(0, 0.1, 4);
  tally_.counts().set_planned(kOperations + 500);
  tally_.counts().set_unsent(500);
  ExpectPlace(v1::BOTTLENECK_PLACE_SESSION_POOL, "session");
  EXPECT_THAT(leg_.bottleneck().evidence(), Contains(HasSubstr("not served in time")));
}

TEST_F(BottleneckTest, CountsTheCheckpointsOfThePhaseAmongTheEvidence) {
  Took(0, 0.1, 2);
  for (const char* what :
       {"checkpoint (timed)", "checkpoint completed", "checkpoint (requested)"}) {
    leg_.mutable_evidence()->add_events()->set_what(what);
  }
  EXPECT_THAT(Name().evidence(), Contains(StartsWith("2 checkpoints")));
}

TEST_F(BottleneckTest, ALegThatMeasuredNothingHasNone) {
  EXPECT_EQ(Name().place(), v1::BOTTLENECK_PLACE_UNSPECIFIED);
  EXPECT_FALSE(leg_.has_bottleneck());
}

}  // namespace
}  // namespace weir
