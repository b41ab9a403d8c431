// What a run says, in sentences: what a reader should know who reads nothing else. Verdicts of a
// comparison, capacities of a search, else what each scenario came to. Pure.
#pragma once

#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

enum class Tone : uint8_t { kPlain, kGood, kBad, kWarning };

struct Answer {
  Tone tone = Tone::kPlain;
  std::string about;  // "mixed, response_p99_us on cosmos, against postgres"
  std::string sentence;
  std::vector<std::string> notes;  // what must be read with it
};

std::vector<Answer> AnswersOf(const v1::RunResult& run);

// Legs of a scenario that stand for it in a report, in the campaign's order of targets: of a
// comparison only those of its last round, and none that were set aside.
std::vector<const v1::Leg*> ShownLegs(const v1::RunResult& run, const std::string& scenario);

// The scenarios that have legs, in the order in which they ran.
std::vector<std::string> ScenarioNames(const v1::RunResult& run);

}  // namespace weir
