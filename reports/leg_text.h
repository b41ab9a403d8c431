// Sentences about a run and its legs that the text and the HTML report share.
#pragma once

#include <cstdint>
#include <string>

#include "proto/results.pb.h"

namespace weir {

std::string ValidityWord(v1::Validity validity);                  // "VALID", … or "NOT JUDGED"
std::string AgentName(const v1::RunResult& run, uint32_t index);  // "agent 2" when it has none
std::string StateText(const v1::RunResult& run);  // "finished after 1 min 12 s", "interrupted …"

// "open loop, 2,000 /s, Poisson arrivals, 32 sessions".
std::string ShapeText(const v1::RunResult& run, const v1::Leg& leg);

// What a reader must know before the numbers of this leg; empty when there is nothing.
std::string CaveatText(const v1::Leg& leg);

// "all 100,000 records read back as written".
std::string VerificationText(const v1::Verification& verification);

// "response_p99_us ≤ 20.0 ms".
std::string ThresholdText(const v1::Threshold& threshold);
std::string ThresholdWord(const v1::RunResult& run,
                          const v1::ThresholdResult& result);  // "met", "missed", "not judged"
std::string ThresholdValueText(const v1::RunResult& run, const v1::ThresholdResult& result);

}  // namespace weir
