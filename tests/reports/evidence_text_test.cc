#include "reports/evidence_text.h"

#include <gtest/gtest.h>

#include "tests/reports/sample_evidence.h"

namespace weir {
namespace {

TEST(ConservationText, AddsUpInWords) {
  v1::Tally counts;
  counts.set_planned(1'000);
  counts.set_ok(980);
  counts.set_throttled(7);
  counts.set_failed(3);
  counts.set_timed_out(4);
  counts.set_in_doubt(1);
  counts.set_unsent(2);
  counts.set_lost(3);
  EXPECT_EQ(ConservationText(counts),
            "1,000 planned = 980 ok + 10 failed + 5 unknown + 2 unsent + 3 lost");
  counts.set_lost(0);
  EXPECT_EQ(ConservationText(counts),
            "1,000 planned = 980 ok + 10 failed + 5 unknown + 2 unsent + 0 lost + 3 UNACCOUNTED "
            "FOR");
  counts.set_planned(990);
  EXPECT_EQ(ConservationText(counts, true),
            "990 planned = 980 ok + 10 failed + 5 unknown + 2 unsent − 7 NEVER PLANNED");
}

TEST(SteadinessText, SaysWhyNot) {
  v1::Leg leg;
  EXPECT_EQ(SteadinessText(leg), "") << "nobody looked";
  v1::Steadiness* steadiness = leg.mutable_steadiness();
  steadiness->add_reasons("12 s are too short");
  EXPECT_EQ(SteadinessText(leg), "steadiness not judged: 12 s are too short");
  steadiness->set_judged(true);
  EXPECT_EQ(SteadinessText(leg), "NOT STEADY: 12 s are too short");
}

TEST(SteadinessText, NamesTheCut) {
  v1::Leg leg;
  v1::PhaseSpan* span = leg.add_spans();
  span->set_phase(v1::PHASE_MEASURE);
  span->set_duration_ns(40'000'000'000);
  leg.mutable_steadiness()->set_judged(true);
  leg.mutable_steadiness()->set_steady(true);
  EXPECT_EQ(SteadinessText(leg), "steady over all 40.0 s");
  leg.mutable_steadiness()->set_cut_seconds(15);
  EXPECT_EQ(SteadinessText(leg), "steady after the first 15 s, which count as warm-up");
}

TEST(GateText, NamesAgentSightAndLimit) {
  v1::GateResult gate;
  gate.set_name("start_skew");
  gate.set_saw("71 ms");
  EXPECT_EQ(GateText(gate), "start skew: 71 ms");
  gate.set_agent("agent-1");
  gate.set_limit("≤ 50 ms");
  EXPECT_EQ(GateText(gate), "start skew of agent-1: 71 ms (limit: ≤ 50 ms)");
}

TEST(BottleneckText, GoesOnInTheMiddleOfALine) {
  v1::Leg leg;
  EXPECT_EQ(BottleneckText(leg), "") << "nobody looked";
  leg.mutable_bottleneck()->set_sentence("None: the load was served.");
  EXPECT_EQ(BottleneckText(leg), "no bottleneck: the load was served.");
  leg.mutable_bottleneck()->set_sentence("The database stalled: 3 s.");
  EXPECT_EQ(BottleneckText(leg), "bottleneck: the database stalled: 3 s.");
}

TEST(PlaceName, IsWordsAndEmptyWhenNobodyLooked) {
  EXPECT_EQ(PlaceName(v1::BOTTLENECK_PLACE_UNSPECIFIED), "");
  EXPECT_EQ(PlaceName(v1::BOTTLENECK_PLACE_SESSION_POOL), "session pool");
}

}  // namespace
}  // namespace weir
