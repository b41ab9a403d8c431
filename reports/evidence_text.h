// Sentences about how far the numbers of a leg can be trusted and what stood in their way, which
// the text and the HTML report share. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// "47,711 planned = 47,379 ok + 330 failed + 2 unknown + 0 unsent + 0 lost", and what is missing
// where it does not add up. `brief` leaves out what is zero.
std::string ConservationText(const v1::Tally& counts, bool brief = false);

// "steady over all 60 s", "NOT STEADY: …", "steadiness not judged: …"; empty when nobody looked.
std::string SteadinessText(const v1::Leg& leg);

std::string GateTitle(const v1::GateResult& gate);  // "core CPU"

// "core CPU of agent-1: 93 % over seconds 10–14 (limit: ≤ 80 %)".
std::string GateText(const v1::GateResult& gate);

std::vector<const v1::GateResult*> FailedGates(const v1::Leg& leg);
bool IsOverridden(const v1::ValidityVerdict& verdict, const v1::GateResult& gate);

// "bottleneck: the database's CPU …", "no bottleneck: …"; empty when nobody looked.
std::string BottleneckText(const v1::Leg& leg);

// "throughput 1,000 → 1,500 RU/s, as the busiest partition used 96 %"; also when it was refused.
std::string ThroughputChangeText(const v1::ThroughputChange& change);

// All changes in a sentence: "throughput changed 2 times: at 12 s from …"; empty without any.
std::string ThroughputText(const v1::Leg& leg);

// "generator", "session pool", …; empty when nobody looked.
std::string PlaceName(v1::BottleneckPlace place);

}  // namespace weir
