// A small run as the store keeps it, for tests of what is made of it afterwards: 40 records loaded
// in batches of 10, then a mix in an open loop of 100 operations.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "integrity/ledger_replay.h"

#include "generators/dataset.h"
#include "generators/operation_plan.h"
#include "measure/index_runs.h"
#include "proto/results.pb.h"
#include "reports/results_store.h"
#include "tests/generators/campaign_fixture.h"
#include "tests/reports/temporary_folder.h"

namespace weir {

struct FinishedRun {
  static constexpr uint64_t kLoaded = 40;
  static constexpr uint64_t kLoadBatches = 4;
  static constexpr uint64_t kDriven = 100;

  FinishedRun() {
    run.set_id("run");
    v1::Campaign& campaign = *run.mutable_campaign();
    campaign.set_seed(7);
    campaign.mutable_dataset()->set_records(kLoaded);
    *campaign.mutable_dataset()->mutable_logs() = DefaultLogs();
    *campaign.add_scenarios() = FromText<v1::Scenario>(
        R"pb(name: "mixed"
             phases {
               load { batch: 10 sessions: 1 }
               measure { ns: 1000000000 }
             }
             shape {
               open {
                 rate { operations: 100 per_ns: 1000000000 }
                 arrivals: ARRIVAL_PROCESS_CONSTANT
                 sessions: 1
               }
             }
             operations { do: OPERATION_KIND_INSERT weight: 2 batch: 1 }
             operations { do: OPERATION_KIND_INSERT weight: 1 batch: 5 name: "batches" }
             operations { do: OPERATION_KIND_REPLACE weight: 2 batch: 1 }
             operations { do: OPERATION_KIND_DELETE weight: 1 batch: 1 }
             operations { do: OPERATION_KIND_READ weight: 4 batch: 1 })pb");
    AddLeg("target");
    dataset = *MakeDataset(campaign.dataset(), campaign.seed());
    store = *OpenResultsStore(folder.File("results.db"));
    EXPECT_TRUE(store->SaveRun(run).ok());
  }

  // Set up, loaded and driven to the end.
  v1::Leg& AddLeg(const std::string& target) {
    v1::Leg& leg = *run.add_legs();
    leg.set_index(static_cast<uint32_t>(run.legs_size() - 1));
    leg.set_scenario("mixed");
    leg.set_target(target);
    leg.add_conditions();
    leg.add_operations()->set_kind(v1::OPERATION_KIND_INSERT);
    for (const v1::Phase phase : {v1::PHASE_LOAD, v1::PHASE_MEASURE}) {
      v1::PhaseResult& result = *leg.add_results();
      result.set_phase(phase);
      result.mutable_total()->set_ok(1);
    }
    return leg;
  }

  // What agents told of one second of a stage.
  void Tell(v1::Phase stage, uint32_t second, std::vector<uint64_t> acknowledged,
            std::vector<uint64_t> unknown = {}, uint32_t leg = 0) {
    v1::Interval interval;
    interval.set_second(second);
    EncodeRuns(&acknowledged, interval.mutable_ledger()->mutable_acknowledged());
    EncodeRuns(&unknown, interval.mutable_ledger()->mutable_unknown());
    ASSERT_TRUE(store->AppendInterval(run.id(), leg, stage, interval).ok());
  }
  void TellWholeLoad(uint32_t leg = 0) { Tell(v1::PHASE_LOAD, 0, {0, 1, 2, 3}, {}, leg); }

  absl::StatusOr<ReplayedLedger> Replay(const Replayed& replayed = {},
                                        const std::string& target = "target") const {
    EXPECT_TRUE(store->SaveRun(run).ok());
    return ReplayLedger(run, target, *dataset, replayed, *store);
  }

  std::unique_ptr<OperationPlan> MixPlan() const {
    return *PlanOf(run, run.legs(0), v1::PHASE_MEASURE, *dataset);
  }
  // The n-th operation (from 0) of a kind, and of a number of records, in the mix's plan.
  uint64_t Find(OperationKind kind, uint32_t records = 1, int n = 0) const {
    const auto plan = MixPlan();
    PlannedOperation planned;
    for (uint64_t index = 0; index < kDriven; ++index) {
      plan->Make(index, &planned);
      const Operation& operation = planned.operation;
      if (operation.kind == kind && operation.records == records && n-- == 0) return index;
    }
    ADD_FAILURE() << "the plan has none";
    return 0;
  }
  Operation Planned(uint64_t index) const {
    PlannedOperation planned;
    MixPlan()->Make(index, &planned);
    Operation operation = planned.operation;
    operation.query = nullptr;
    operation.parameters = {};
    return operation;
  }

  test::TemporaryFolder folder;
  v1::RunResult run;
  std::unique_ptr<Dataset> dataset;
  std::unique_ptr<ResultsStore> store;
};

}  // namespace weir
