#include "reports/comparison.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "measure/detectable_effect.h"
#include "measure/level_shifts.h"
#include "measure/paired_verdict.h"
#include "reports/comparison_design.h"
#include "reports/comparison_text.h"
#include "reports/fairness.h"
#include "reports/metrics.h"
#include "reports/report.h"
#include "reports/result_row.h"

namespace weir {
namespace {

// Beyond it response times say little: who fails fast looks fast (R9, R28).
constexpr double kErrorShareLimit = 0.001;

// None may come up to what is seen: p ≤ 0.01. More could find no shift in the 12 runs of the quick
// mode, of which there are no more than 924 ways to choose a half.
constexpr size_t kCanaryPermutations = 99;

v1::Finding ToProto(Finding finding) {
  switch (finding) {
    case Finding::kFaster:
      return v1::FINDING_FASTER;
    case Finding::kSlower:
      return v1::FINDING_SLOWER;
    case Finding::kDifferentBelowThreshold:
      return v1::FINDING_DIFFERENT_BELOW_THRESHOLD;
    case Finding::kEquivalent:
      return v1::FINDING_EQUIVALENT;
    case Finding::kNoDifferenceShown:
      return v1::FINDING_NO_DIFFERENCE_SHOWN;
    case Finding::kNoVerdict:
      return v1::FINDING_NO_VERDICT;
  }
  return v1::FINDING_UNSPECIFIED;
}

std::vector<PairedRuns> PairsOf(const v1::Compared& compared) {
  std::vector<PairedRuns> pairs;
  for (const v1::ComparedPair& pair : compared.pairs()) {
    pairs.push_back({pair.baseline(), pair.target()});
  }
  return pairs;
}

void Invalidate(const std::string& reason, v1::Compared* compared) {
  if (compared->finding() == v1::FINDING_INVALID) return;
  compared->set_finding(v1::FINDING_INVALID);
  compared->set_reason(reason);
}

void AddCaution(const std::string& caution, v1::Compared* compared) {
  const auto& known = compared->cautions();
  if (std::find(known.begin(), known.end(), caution) == known.end()) {
    compared->add_cautions(caution);
  }
}

// One scenario's legs that count, by target and round.
class ScenarioRounds {
 public:
  ScenarioRounds(const v1::RunResult& run, const v1::Scenario& scenario) {
    for (const v1::Leg& leg : run.legs()) {
      if (leg.scenario() != scenario.name() || leg.round() == 0 || leg.set_aside()) continue;
      legs_[{leg.target(), leg.round()}] = &leg;
    }
  }

  const v1::Leg* Find(const std::string& target, uint32_t round) const {
    const auto found = legs_.find({target, round});
    return found == legs_.end() ? nullptr : found->second;
  }

 private:
  std::map<std::pair<std::string, uint32_t>, const v1::Leg*> legs_;
};

// The number of a leg; nothing when it has none, or when it cannot be read.
struct LegValue {
  std::optional<double> value;
  double error_share = 0;
};

LegValue ValueIn(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase,
                 const v1::PrimaryMetric& primary) {
  const Metric* metric = FindMetric(primary.metric());
  LegValue found;
  if (metric == nullptr) return found;
  const auto take = [&](const ResultRow& row) {
    found.value = ValueOf(*metric, row);
    found.error_share = ValueOf("error_share", row).value_or(0);
  };
  if (primary.operation().empty()) {
    const auto total = TotalRow(run, leg, phase);
    if (total.ok()) take(*total);
    return found;
  }
  const absl::Status read = ForEachResultRow(run, leg, phase, [&](const ResultRow& row) {
    if (row.operation == primary.operation()) take(row);
  });
  return read.ok() ? found : LegValue{};
}

std::string PlaceOf(const v1::Leg& leg) {
  return absl::StrCat("round ", leg.round(), " on ", leg.target());
}

// Why no number of this leg may be used; empty when it may.
std::string Unfit(const v1::Leg& leg) {
  if (!leg.failure().empty()) return absl::StrCat(PlaceOf(leg), ": ", leg.failure());
  const v1::Validity validity = leg.verdict().validity();
  const std::string reason =
      leg.verdict().reasons().empty() ? "" : absl::StrCat(": ", leg.verdict().reasons(0));
  switch (validity) {
    case v1::VALIDITY_INVALID:
      return absl::StrCat(PlaceOf(leg), " is INVALID", reason);
    case v1::VALIDITY_PARTIAL:
      return absl::StrCat(PlaceOf(leg), " is PARTIAL", reason);
    case v1::VALIDITY_UNKNOWN:
      return absl::StrCat(PlaceOf(leg), " was not judged");
    default:
      return "";
  }
}

void AddCautionsOf(const v1::Leg& leg, v1::Compared* compared) {
  if (leg.verdict().validity() == v1::VALIDITY_UNVERIFIED) {
    AddCaution("UNVERIFIED: gates were overridden, do not rely on it", compared);
  }
  if (leg.steadiness().judged() && !leg.steadiness().steady()) {
    AddCaution(absl::StrCat(leg.target(), " was not steady in every round"), compared);
  }
  if (!leg.caution().empty()) {
    AddCaution(absl::StrCat(leg.target(), ": ", leg.caution()), compared);
  }
}

// Pairs the baseline and the target of one metric, round by round.
class Pairing {
 public:
  Pairing(const v1::RunResult& run, const ScenarioRounds& rounds, const v1::Scenario& scenario,
          const v1::PrimaryMetric& primary)
      : run_(run), rounds_(rounds), primary_(primary), phase_(PhaseOf(scenario, primary)) {}

  void Fill(v1::Compared* compared) {
    const uint32_t count = RoundsIn(run_);
    for (uint32_t round = 1; round <= count; ++round) {
      const std::optional<double> baseline = Take(compared->baseline(), round, 0, compared);
      const std::optional<double> target = Take(compared->target(), round, 1, compared);
      if (!baseline || !target) continue;
      v1::ComparedPair* pair = compared->add_pairs();
      pair->set_round(round);
      pair->set_baseline(*baseline);
      pair->set_target(*target);
    }
    BlockTimesOfFailures(count, compared);
    if (compared->finding() != v1::FINDING_INVALID && !HaveRatios(PairsOf(*compared))) {
      Invalidate("a value is not above zero, so that there is no ratio", compared);
    }
  }

 private:
  std::optional<double> Take(const std::string& target, uint32_t round, int side,
                             v1::Compared* compared) {
    const v1::Leg* leg = rounds_.Find(target, round);
    if (leg == nullptr) {
      Invalidate(absl::StrCat("round ", round, " on ", target, " was not run"), compared);
      return std::nullopt;
    }
    const std::string unfit = Unfit(*leg);
    if (!unfit.empty()) {
      Invalidate(unfit, compared);
      return std::nullopt;
    }
    AddCautionsOf(*leg, compared);
    const LegValue found = ValueIn(run_, *leg, phase_, primary_);
    failures_[side] += found.error_share;
    if (!found.value || !std::isfinite(*found.value)) {
      Invalidate(absl::StrCat(PlaceOf(*leg), " has no number for it: ",
                              found.value ? "it falls among operations that did not succeed"
                                          : "too few operations, or none"),
                 compared);
      return std::nullopt;
    }
    return found.value;
  }

  void BlockTimesOfFailures(uint32_t rounds, v1::Compared* compared) const {
    const Metric* metric = FindMetric(primary_.metric());
    if (metric == nullptr || metric->unit != Unit::kMicroseconds) return;
    const double baseline = failures_[0] / rounds;
    const double target = failures_[1] / rounds;
    if (std::max(baseline, target) <= kErrorShareLimit) return;
    Invalidate(
        absl::StrFormat("%.2f %% of the operations did not succeed on %s, %.2f %% on %s "
                        "(limit 0.1 %%): failing fast looks fast",
                        100 * baseline, compared->baseline(), 100 * target, compared->target()),
        compared);
  }

  const v1::RunResult& run_;
  const ScenarioRounds& rounds_;
  const v1::PrimaryMetric& primary_;
  const v1::Phase phase_;
  double failures_[2] = {0, 0};  // of baseline and target, summed over the rounds
};

std::vector<double> CanarySeries(const v1::RunResult& run, const std::string& scenario) {
  std::vector<double> series;
  for (const v1::Leg* leg : LegsAsRun(run)) {
    if (leg->scenario() == scenario && leg->canary_per_s() > 0) {
      series.push_back(leg->canary_per_s());
    }
  }
  return series;
}

// R23. Empty when the machines' speed did not shift.
std::string EnvironmentOf(const v1::RunResult& run, const std::string& scenario) {
  const std::vector<double> series = CanarySeries(run, scenario);
  const std::vector<LevelShift> shifts =
      FindLevelShifts(series, {.permutations = kCanaryPermutations});
  if (shifts.empty()) return "";
  return absl::StrFormat(
      "the environment changed: from run %d of %d on the canary did %.0f operations a second "
      "instead of %.0f",
      shifts[0].at + 1, series.size(), shifts[0].after, shifts[0].before);
}

// Of several scenarios each has its say.
void AddSentence(const std::string& sentence, std::string* to) {
  absl::StrAppend(to, to->empty() ? "" : "; ", sentence);
}

void CompareScenario(const v1::RunResult& run, const v1::Scenario& scenario,
                     v1::ComparisonResult* whole) {
  const v1::Campaign& campaign = run.campaign();
  const ScenarioRounds rounds(run, scenario);
  const std::string environment = EnvironmentOf(run, scenario.name());
  if (!environment.empty()) {
    AddSentence(absl::StrCat(scenario.name(), ": ", environment), whole->mutable_environment());
  }
  const uint32_t baseline = BaselineOf(campaign, scenario);
  for (const v1::PrimaryMetric& primary : campaign.compare().metrics()) {
    if (!Has(scenario, primary)) continue;
    for (const uint32_t target : TargetsOf(campaign, scenario)) {
      if (target == baseline) continue;
      v1::Compared* compared = whole->add_compared();
      compared->set_scenario(scenario.name());
      compared->set_baseline(campaign.targets(static_cast<int>(baseline)).name());
      compared->set_target(campaign.targets(static_cast<int>(target)).name());
      compared->set_metric(primary.metric());
      compared->set_operation(primary.operation());
      const Metric* metric = FindMetric(primary.metric());
      compared->set_more_is_better(metric != nullptr && BetterOf(*metric) == Better::kMore);
      if (!environment.empty()) Invalidate(environment, compared);
      Pairing(run, rounds, scenario, primary).Fill(compared);
    }
  }
}

void SetInterval(const ConfidenceInterval& interval95, const ConfidenceInterval& interval90,
                 v1::Compared* compared) {
  if (interval95.Bounded()) {
    compared->set_low(interval95.low);
    compared->set_high(interval95.high);
  }
  if (interval90.Bounded()) {
    compared->set_low_90(interval90.low);
    compared->set_high_90(interval90.high);
  }
}

void SetEstimate(const PairedEstimate& estimate, size_t family, double significance,
                 v1::Compared* compared) {
  compared->set_ratio(estimate.ratio);
  SetInterval(estimate.interval95, estimate.interval90, compared);
  compared->set_p(estimate.p);
  compared->set_t_test_p(estimate.t_test_p);
  compared->set_sign_flip_p(estimate.sign_flip_p);
  compared->set_spread(estimate.spread);
  const bool shown = estimate.p <= significance;
  compared->set_checks_disagree((estimate.t_test_p <= significance) != shown ||
                                (estimate.sign_flip_p <= significance) != shown);
  if (compared->checks_disagree()) {
    AddCaution(
        absl::StrFormat("a cross-check falls on the other side of %g: p = %.2g, but %.2g by paired "
                        "t and %.2g by sign flips",
                        significance, estimate.p, estimate.t_test_p, estimate.sign_flip_p),
        compared);
  }
  const double detectable = DetectableEffect({.pairs = estimate.pairs,
                                              .comparisons = family,
                                              .significance = significance,
                                              .spread = estimate.spread});
  if (std::isfinite(detectable)) compared->set_detectable(detectable);
}

// All declared verdicts are one family; what is INVALID stays in it, as if nothing had been seen.
void JudgeFamily(v1::ComparisonResult* whole) {
  std::vector<PairedEstimate> estimates;
  std::vector<double> chances;
  for (v1::Compared& compared : *whole->mutable_compared()) {
    const bool invalid = compared.finding() == v1::FINDING_INVALID;
    estimates.push_back(invalid ? PairedEstimate{} : EstimateRatio(PairsOf(compared)));
    chances.push_back(estimates.back().p);
  }
  const std::vector<double> adjusted = HolmAdjusted(chances);
  const VerdictLimits limits{.significance = whole->significance(),
                             .threshold = whole->threshold(),
                             .margin = whole->margin()};
  for (size_t i = 0; i < estimates.size(); ++i) {
    v1::Compared* compared = whole->mutable_compared(static_cast<int>(i));
    if (compared->finding() != v1::FINDING_INVALID) {
      SetEstimate(estimates[i], whole->family(), whole->significance(), compared);
      compared->set_adjusted_p(adjusted[i]);
      compared->set_finding(
          ToProto(Judge(estimates[i], adjusted[i], compared->more_is_better(), limits)));
      if (compared->finding() == v1::FINDING_NO_VERDICT) compared->set_reason("n = 1");
    }
  }
}

// Runs that went to their end without a refusal are those of campaigns that acknowledge, or of
// another version of these rules.
void JudgeFairness(const v1::RunResult& run, v1::ComparisonResult* whole) {
  for (const v1::Scenario& scenario : run.campaign().scenarios()) {
    const std::vector<FairnessTarget> targets = FairnessTargets(run, scenario.name());
    const auto ledger = FairnessLedger(run.campaign().compare(), targets);
    const std::string refusal = RankingRefusal(ledger, targets);
    if (!refusal.empty()) AddSentence(refusal, whole->mutable_ranking_refused());
    for (v1::Compared& compared : *whole->mutable_compared()) {
      if (compared.scenario() != scenario.name()) continue;
      if (!refusal.empty() && compared.finding() != v1::FINDING_INVALID) {
        compared.set_finding(v1::FINDING_NO_VERDICT);
        compared.set_reason(absl::StrCat("not comparable, ", refusal));
      }
      for (const FairnessRow& row : ledger) {
        if (!row.differs || !row.acknowledged) continue;
        AddCaution(
            absl::StrCat("acknowledged: ", row.name, " differs: ", DifferenceWords(row, targets)),
            &compared);
      }
    }
  }
}

void ListRepeats(const v1::RunResult& run, v1::ComparisonResult* whole) {
  std::set<std::pair<std::string, uint32_t>> told;
  for (const v1::Leg& leg : run.legs()) {
    if (!leg.set_aside() || leg.verdict().reasons().empty()) continue;
    if (!told.insert({leg.scenario(), leg.round()}).second) continue;
    whole->add_repeats(absl::StrCat(leg.scenario(), ", round ", leg.round(),
                                    " ran again: ", leg.target(), ": ", leg.verdict().reasons(0)));
  }
}

bool OmitsQueueing(const v1::Scenario& scenario, const v1::PrimaryMetric& primary) {
  v1::Threshold as_threshold;
  as_threshold.set_metric(primary.metric());
  as_threshold.set_operation(primary.operation());
  return !CheckThreshold(scenario, as_threshold).empty();
}

}  // namespace

v1::ComparisonResult CompareRounds(const v1::RunResult& run) {
  v1::ComparisonResult whole;
  if (!run.campaign().has_compare()) return whole;
  const v1::Comparison& design = run.campaign().compare();
  whole.set_significance(SignificanceOfLook(design));
  whole.set_family(static_cast<uint32_t>(FamilySize(run.campaign())));
  whole.set_threshold(design.threshold());
  whole.set_margin(design.margin());
  whole.set_rounds(RoundsIn(run));
  whole.set_looks(whole.rounds() > RoundsOf(design) ? 2 : 1);
  for (const v1::Scenario& scenario : run.campaign().scenarios()) {
    CompareScenario(run, scenario, &whole);
  }
  JudgeFamily(&whole);
  JudgeFairness(run, &whole);
  for (v1::Compared& compared : *whole.mutable_compared()) {
    compared.set_sentence(FindingSentence(compared, whole));
  }
  ListRepeats(run, &whole);
  return whole;
}

std::string CheckPrimaryMetric(const v1::Campaign& campaign, const v1::PrimaryMetric& primary) {
  const Metric* metric = FindMetric(primary.metric());
  if (metric == nullptr) {
    return absl::StrCat("\"", primary.metric(),
                        "\" is no number that Weir reports; did you mean \"",
                        std::string(NearestMetricName(primary.metric())), "\"?");
  }
  if (BetterOf(*metric) == Better::kNeither) {
    return absl::StrCat(primary.metric(),
                        " is neither better nor worse when it grows; declare a "
                        "response time, a throughput or a charge");
  }
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    if (!Has(scenario, primary)) continue;
    if (OmitsQueueing(scenario, primary)) {
      return absl::StrCat(primary.metric(), " cannot be judged in scenario ", scenario.name(),
                          ": response times of a closed loop omit queueing; declare "
                          "throughput_ops_per_s, or use an open loop");
    }
    for (const uint32_t target : TargetsOf(campaign, scenario)) {
      const v1::Target& of = campaign.targets(static_cast<int>(target));
      if (metric->unit != Unit::kRu || of.has_cosmos()) continue;
      return absl::StrCat(primary.metric(), " has no value on ", of.name(),
                          ", which does not charge request units");
    }
  }
  return "";
}

}  // namespace weir
