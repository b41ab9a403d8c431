#include "integrity/ledger_replay.h"

#include <algorithm>
#include <unordered_set>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "generators/schedule.h"
#include "generators/target_campaign.h"
#include "measure/index_runs.h"
#include "reports/comparison_design.h"
#include "reports/probe_scenario.h"

namespace weir {
namespace {

// The campaign as the leg's target saw it.
v1::Campaign CampaignOf(const v1::RunResult& run, const v1::Leg& leg) {
  for (const v1::Target& target : run.campaign().targets()) {
    if (target.name() != leg.target()) continue;
    v1::Campaign campaign = CampaignOn(run.campaign(), target);
    DriveAsProbed(run, leg, &campaign);
    return campaign;
  }
  return run.campaign();
}

const v1::Scenario* ScenarioOf(const v1::Campaign& campaign, const v1::Leg& leg) {
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    if (scenario.name() == leg.scenario()) return &scenario;
  }
  return nullptr;
}

// One stage of one leg.
struct StageLedger {
  std::vector<v1::WriteLedger> seconds;
  std::vector<v1::LostShare> lost;
};

class Replay {
 public:
  Replay(const v1::RunResult& run, const Dataset& dataset, const Replayed& replayed,
         const ResultsStore& store)
      : run_(run), dataset_(dataset), replayed_(replayed), store_(store) {}

  absl::Status Leg(const v1::Leg& leg) {
    const v1::Campaign campaign = CampaignOf(run_, leg);
    const v1::Scenario* scenario = ScenarioOf(campaign, leg);
    if (scenario == nullptr) return absl::DataLossError("the campaign lacks a leg's scenario");
    std::map<v1::Phase, StageLedger> stages;
    WEIR_RETURN_IF_ERROR(Read(leg, &stages));
    // With conditions its set-up was answered: the table is new.
    if (scenario->phases().has_load() && leg.conditions_size() > 0) {
      ledger_.records.Reset();
      ledger_.from_load = true;
      ledger_.may_hold_more = false;
    }
    for (const auto& [stage, ledger] : stages) {
      WEIR_RETURN_IF_ERROR(Stage(leg, *scenario, stage, ledger));
    }
    return absl::OkStatus();
  }

  ReplayedLedger Take() {
    ledger_.records.Close();
    return std::move(ledger_);
  }

 private:
  absl::Status Read(const v1::Leg& leg, std::map<v1::Phase, StageLedger>* stages) const {
    WEIR_RETURN_IF_ERROR(store_.ForEachInterval(
        run_.id(), leg.index(), [&](v1::Phase stage, const v1::Interval& interval) {
          (*stages)[stage].seconds.push_back(interval.ledger());
          return absl::OkStatus();
        }));
    for (const v1::LostShare& lost : leg.lost_shares())
      (*stages)[lost.stage()].lost.push_back(lost);
    // Without an end of the stage nobody knows what its agents did after their last reports.
    for (auto& [stage, ledger] : *stages) {
      const bool load = stage == v1::PHASE_LOAD;
      const bool ended = std::any_of(leg.results().begin(), leg.results().end(),
                                     [load](const v1::PhaseResult& result) {
                                       return (result.phase() == v1::PHASE_LOAD) == load;
                                     });
      if (ended) continue;
      v1::LostShare all;
      all.set_share_count(1);
      ledger.lost.push_back(all);
    }
    return absl::OkStatus();
  }

  absl::Status Stage(const v1::Leg& leg, const v1::Scenario& scenario, v1::Phase stage,
                     const StageLedger& ledger) {
    WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<OperationPlan> plan,
                          PlanOf(run_, leg, stage, dataset_));
    std::unordered_set<uint64_t> settled;  // only where shares were lost
    const bool note = !ledger.lost.empty();
    for (const v1::WriteLedger& second : ledger.seconds) {
      const auto visit = [&](bool certain) {
        return [&, certain](uint64_t index) {
          if (note) settled.insert(index);
          Apply(*plan, leg.index(), stage, index, certain);
        };
      };
      WEIR_RETURN_IF_ERROR(ForEachIndex(second.acknowledged(), visit(true)));
      WEIR_RETURN_IF_ERROR(ForEachIndex(second.unknown(), visit(false)));
    }
    ApplyReplayed(*plan, leg.index(), stage);
    if (!note) return absl::OkStatus();
    return ApplyLost(leg, scenario, stage, ledger.lost, settled, *plan);
  }

  void Apply(const OperationPlan& plan, uint32_t leg, v1::Phase stage, uint64_t index,
             bool certain) {
    const auto again = replayed_.find({leg, stage, index});
    const bool done = certain || (again != replayed_.end() && again->second);
    ++(done ? ledger_.acknowledged : ledger_.unknown);
    plan.Make(index, &planned_);
    ledger_.records.Apply(planned_.operation, done);
  }

  void ApplyReplayed(const OperationPlan& plan, uint32_t leg, v1::Phase stage) {
    for (const auto& [key, done] : replayed_) {
      const auto& [of_leg, of_stage, index] = key;
      if (of_leg != leg || of_stage != stage) continue;
      plan.Make(index, &planned_);
      // The run may have deleted the record meanwhile; sent again, it is there once more, or not.
      Operation& operation = planned_.operation;
      if (operation.kind == OperationKind::kInsert) operation.kind = OperationKind::kUpsert;
      ledger_.records.Apply(operation, done);
    }
  }

  // What a lost agent had not reported may have been done.
  absl::Status ApplyLost(const v1::Leg& leg, const v1::Scenario& scenario, v1::Phase stage,
                         const std::vector<v1::LostShare>& shares,
                         const std::unordered_set<uint64_t>& settled, const OperationPlan& plan) {
    uint64_t end = 0;
    if (stage == v1::PHASE_LOAD) {
      end = LoadOperations(run_.campaign(), scenario.phases().load());
    } else if (scenario.shape().has_open()) {
      WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Schedule> schedule,
                            MakeSchedule(run_.campaign(), scenario));
      end = schedule->size();
    } else {
      for (const uint64_t index : settled) end = std::max(end, index + 1);
      ledger_.may_hold_more = true;
    }
    for (const v1::LostShare& share : shares) {
      for (uint64_t index = share.share_index(); index < end;
           index += std::max(1u, share.share_count())) {
        if (!settled.contains(index)) Apply(plan, leg.index(), stage, index, false);
      }
    }
    return absl::OkStatus();
  }

  const v1::RunResult& run_;
  const Dataset& dataset_;
  const Replayed& replayed_;
  const ResultsStore& store_;
  PlannedOperation planned_;
  ReplayedLedger ledger_;
};

bool WroteWithoutLedger(const v1::RunResult& run, const std::string& target,
                        const ReplayedLedger& ledger) {
  uint64_t done = 0;
  for (const v1::Leg& leg : run.legs()) {
    if (leg.target() != target) continue;
    for (const v1::PhaseResult& result : leg.results()) {
      const auto operation = static_cast<int>(result.operation());
      const bool load = result.phase() == v1::PHASE_LOAD;
      const v1::OperationKind kind = operation < leg.operations_size()
                                         ? leg.operations(operation).kind()
                                         : v1::OPERATION_KIND_READ;
      if (!load && (kind == v1::OPERATION_KIND_READ || kind == v1::OPERATION_KIND_QUERY)) continue;
      done += result.total().ok();
    }
  }
  return done > 0 && ledger.acknowledged == 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<OperationPlan>> PlanOf(const v1::RunResult& run, const v1::Leg& leg,
                                                      v1::Phase stage, const Dataset& dataset) {
  const v1::Campaign campaign = CampaignOf(run, leg);
  const v1::Scenario* scenario = ScenarioOf(campaign, leg);
  if (scenario == nullptr) return absl::DataLossError("the campaign lacks a leg's scenario");
  if (stage == v1::PHASE_LOAD) return MakeLoadPlan(campaign, scenario->phases().load());
  return MakeOperationPlan(campaign, *scenario, dataset);
}

absl::StatusOr<ReplayedLedger> ReplayLedger(const v1::RunResult& run, const std::string& target,
                                            const Dataset& dataset, const Replayed& replayed,
                                            const ResultsStore& store) {
  Replay replay(run, dataset, replayed, store);
  for (const v1::Leg* leg : LegsAsRun(run)) {
    if (leg->target() != target) continue;
    WEIR_RETURN_IF_ERROR(Annotate(replay.Leg(*leg), absl::StrCat("leg ", leg->index())));
  }
  ReplayedLedger ledger = replay.Take();
  if (!WroteWithoutLedger(run, target, ledger)) return ledger;
  return absl::FailedPreconditionError(
      "the run kept no ledger of its writes: it was made by an older Weir");
}

}  // namespace weir
