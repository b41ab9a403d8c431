// What a run may use at most, by its campaign's budget: what it has used, and what is left for the
// next stage. Counted are the stages that load and drive; setting up and reading back are not.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "proto/control.pb.h"
#include "proto/results.pb.h"
#include "reports/cost_terms.h"

namespace weir {

// `worth`: of each target of the campaign, in its order; empty when money is not counted.
v1::BudgetUse BudgetUsed(const v1::RunResult& run, const std::vector<RuWorth>& worth);

// What each of `agents` may use in a stage of this leg, in all and in any second. Nothing when
// there is no limit that the leg can reach.
std::optional<v1::StageBudget> BudgetLeft(const v1::RunResult& run,
                                          const std::vector<RuWorth>& worth, const v1::Leg& leg,
                                          uint32_t agents);

// The limit that has no room for another stage of this leg, in words; empty: there is room.
std::string BudgetExhausted(const v1::RunResult& run, const std::vector<RuWorth>& worth,
                            const v1::Leg& leg);

}  // namespace weir
