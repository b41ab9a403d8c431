// What a comparison is going to do, as a pure function of its campaign: fixed before the first run,
// and the same for who plans it, who runs it and who judges it (R22, R26, R27).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/results.pb.h"

namespace weir {

// Of all verdicts of a campaign together.
inline constexpr double kSignificance = 0.05;

uint32_t RoundsOf(const v1::Comparison& comparison);

// With the extension, where the campaign allows one.
uint32_t MostRounds(const v1::Comparison& comparison);

// Of one look at the results: where the rounds may be extended there are two, and each has half.
double SignificanceOfLook(const v1::Comparison& comparison);

// Rounds that the run has legs of: twice those of the campaign where they were extended.
uint32_t RoundsIn(const v1::RunResult& run);
int MostMetrics(const v1::Comparison& comparison);  // by its mode

// Indices into the campaign's targets: those that the scenario runs on.
std::vector<uint32_t> TargetsOf(const v1::Campaign& campaign, const v1::Scenario& scenario);

// The baseline among them; the first when the campaign names none.
uint32_t BaselineOf(const v1::Campaign& campaign, const v1::Scenario& scenario);

// The same targets in the order of this round, from 1 on: every order is as likely, by the seed.
std::vector<uint32_t> RoundOrder(uint64_t seed, uint32_t scenario, uint32_t round,
                                 std::vector<uint32_t> targets);

// Whether the scenario has what the metric is about, and in which phase.
bool Has(const v1::Scenario& scenario, const v1::PrimaryMetric& metric);
v1::Phase PhaseOf(const v1::Scenario& scenario, const v1::PrimaryMetric& metric);

// The legs in the order in which they ran: one that was repeated stands last in the run, and ran
// right after its round.
std::vector<const v1::Leg*> LegsAsRun(const v1::RunResult& run);

// Verdicts that are declared: metrics × targets but the baseline × scenarios.
size_t FamilySize(const v1::Campaign& campaign);

}  // namespace weir
