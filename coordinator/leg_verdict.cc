#include "coordinator/leg_verdict.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "measure/tally.h"

namespace weir {
namespace {

constexpr double kFailureShareLimit = 0.001;

// Not the schema's order: what a user overrode or tolerates is better than what is known to be
// wrong.
int Severity(v1::Validity validity) {
  switch (validity) {
    case v1::VALIDITY_VALID:
      return 1;
    case v1::VALIDITY_DEGRADED:
      return 2;
    case v1::VALIDITY_UNVERIFIED:
      return 3;
    case v1::VALIDITY_PARTIAL:
      return 4;
    case v1::VALIDITY_INVALID:
      return 5;
    default:
      return 0;
  }
}

uint64_t Unsuccessful(const v1::Tally& tally) {
  return tally.planned() - std::min(tally.planned(), tally.ok());
}

std::string NameOf(const v1::Leg& leg, const v1::PhaseResult& result) {
  const int operation = static_cast<int>(result.operation());
  if (result.phase() == v1::PHASE_LOAD || operation >= leg.operations_size()) return "load";
  return leg.operations(operation).name();
}

// R42: every planned operation is accounted for.
void JudgeConservation(const v1::Leg& leg, const v1::PhaseResult& result,
                       v1::ValidityVerdict* verdict) {
  const v1::Tally& tally = result.total();
  const uint64_t accounted = Settled(tally) + tally.lost();
  if (accounted == tally.planned()) return;
  AddReason(v1::VALIDITY_INVALID,
            absl::StrCat(NameOf(leg, result), ": planned ", tally.planned(),
                         " operations, accounted for ", accounted),
            verdict);
}

void JudgeFailures(const v1::Leg& leg, v1::Phase phase, const char* name,
                   v1::ValidityVerdict* verdict) {
  uint64_t planned = 0;
  uint64_t unsuccessful = 0;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() != phase) continue;
    planned += result.total().planned();
    unsuccessful += Unsuccessful(result.total());
  }
  if (planned == 0 || unsuccessful <= kFailureShareLimit * planned) return;
  AddReason(
      v1::VALIDITY_DEGRADED,
      absl::StrFormat("%.2f %% of the operations of the %s phase did not succeed (limit 0.1 %%)",
                      100.0 * unsuccessful / planned, name),
      verdict);
}

// R19: the numbers of such a phase are true, but not those of a state that lasts.
void JudgeSteadiness(const v1::Leg& leg, v1::ValidityVerdict* verdict) {
  if (!leg.steadiness().judged() || leg.steadiness().steady()) return;
  AddReason(v1::VALIDITY_DEGRADED,
            absl::StrCat("NOT STEADY, no steady-state claim: ",
                         absl::StrJoin(leg.steadiness().reasons(), "; ")),
            verdict);
}

void JudgeVerification(const v1::Leg& leg, v1::ValidityVerdict* verdict) {
  if (!leg.verification().done() || leg.verification().matches()) return;
  AddReason(v1::VALIDITY_INVALID,
            absl::StrCat("read-back after the load: ", leg.verification().detail()), verdict);
}

void AddOverridden(const std::string& gate, v1::ValidityVerdict* verdict) {
  const auto& known = verdict->overridden();
  if (std::find(known.begin(), known.end(), gate) == known.end()) verdict->add_overridden(gate);
}

// R32: a probe that missed the objective, or that was spoiled, is part of a search and no flaw of
// the run. What must be sound are the runs that confirm the rate that was found.
bool Counts(const v1::Leg& leg) {
  if (leg.set_aside()) return false;  // it was run again
  if (!leg.has_probe() || leg.verdict().validity() == v1::VALIDITY_UNVERIFIED) return true;
  const v1::Probe& probe = leg.probe();
  if (probe.end() == v1::PROBE_END_FAILED || probe.end() == v1::PROBE_END_UNSPECIFIED) return true;
  return probe.purpose() == v1::PROBE_PURPOSE_CONFIRM && probe.end() == v1::PROBE_END_PASSED;
}

// A search in which nothing but the generator was ever seen.
void JudgeSearch(const v1::RunResult& run, const v1::CapacityResult& capacity,
                 v1::ValidityVerdict* verdict) {
  if (capacity.finding() != v1::CAPACITY_FINDING_NONE) return;
  const bool told = std::any_of(run.legs().begin(), run.legs().end(), [&](const v1::Leg& leg) {
    return leg.scenario() == capacity.scenario() && leg.target() == capacity.target() &&
           leg.probe().end() == v1::PROBE_END_MISSED;
  });
  if (told) return;
  AddReason(v1::VALIDITY_INVALID, absl::StrCat(capacity.scenario(), ": ", capacity.sentence()),
            verdict);
}

}  // namespace

void LowerTo(v1::Validity validity, v1::ValidityVerdict* verdict) {
  if (Severity(validity) > Severity(verdict->validity())) verdict->set_validity(validity);
}

void AddReason(v1::Validity validity, const std::string& reason, v1::ValidityVerdict* verdict) {
  LowerTo(validity, verdict);
  verdict->add_reasons(reason);
}

void JudgeLeg(const v1::Campaign&, v1::Leg* leg) {
  v1::ValidityVerdict* verdict = leg->mutable_verdict();
  if (!leg->failure().empty()) AddReason(v1::VALIDITY_INVALID, leg->failure(), verdict);
  for (const v1::PhaseResult& result : leg->results()) JudgeConservation(*leg, result, verdict);
  JudgeFailures(*leg, v1::PHASE_LOAD, "load", verdict);
  JudgeFailures(*leg, v1::PHASE_MEASURE, "measure", verdict);
  JudgeSteadiness(*leg, verdict);
  JudgeVerification(*leg, verdict);
  LowerTo(v1::VALIDITY_VALID, verdict);
}

void JudgeRun(v1::RunResult* run) {
  v1::ValidityVerdict* verdict = run->mutable_verdict();
  for (const v1::Leg& leg : run->legs()) {
    // Why the run ended early stands above already.
    if (absl::StartsWith(leg.failure(), "not run: ")) continue;
    if (!Counts(leg)) continue;
    LowerTo(leg.verdict().validity(), verdict);
    for (const std::string& gate : leg.verdict().overridden()) AddOverridden(gate, verdict);
    for (const std::string& reason : leg.verdict().reasons()) {
      AddReason(leg.verdict().validity(),
                absl::StrCat(leg.scenario(), " on ", leg.target(), ": ", reason), verdict);
    }
  }
  for (const v1::CapacityResult& capacity : run->capacities()) {
    JudgeSearch(*run, capacity, verdict);
  }
  if (run->state() == v1::RUN_STATE_INTERRUPTED) {
    AddReason(v1::VALIDITY_INVALID, "interrupted by the user", verdict);
  }
  LowerTo(v1::VALIDITY_VALID, verdict);
}

}  // namespace weir
