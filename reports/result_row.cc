#include "reports/result_row.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {
namespace {

double Seconds(const v1::Leg& leg, v1::Phase phase) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == phase) return static_cast<double>(span.duration_ns()) / 1e9;
  }
  return 0;
}

double TimeoutUs(const v1::RunResult& run, const v1::Leg& leg) {
  const v1::Scenario* scenario = ScenarioOf(run, leg);
  return scenario == nullptr ? 0 : static_cast<double>(scenario->timeout().ns()) / 1e3;
}

const v1::OperationFacts* FactsOf(const v1::Leg& leg, v1::Phase phase, uint32_t operation) {
  if (phase == v1::PHASE_LOAD) return nullptr;
  if (operation >= static_cast<uint32_t>(leg.operations_size())) return nullptr;
  return &leg.operations(static_cast<int>(operation));
}

ResultRow EmptyRow(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase) {
  return {.run = run,
          .leg = leg,
          .phase = phase,
          .facts = nullptr,
          .operation = phase == v1::PHASE_LOAD ? "load" : "all operations",
          .seconds = Seconds(leg, phase),
          .timeout_us = TimeoutUs(run, leg),
          .tally = {}};
}

absl::Status AddTo(ResultRow& row, const v1::Tally& total) {
  return Annotate(row.tally.Add(total),
                  absl::StrCat(row.leg.scenario(), " on ", row.leg.target(), ", ", row.operation));
}

}  // namespace

absl::Status ForEachResultRow(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase,
                              absl::FunctionRef<void(const ResultRow&)> visit) {
  absl::Status status;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() != phase) continue;
    ResultRow row = EmptyRow(run, leg, phase);
    row.facts = FactsOf(leg, phase, result.operation());
    row.operation = OperationName(leg, phase, result.operation());
    const absl::Status added = AddTo(row, result.total());
    status.Update(added);
    if (added.ok()) visit(row);
  }
  return status;
}

absl::Status ForEachResultRow(const v1::RunResult& run,
                              absl::FunctionRef<void(const ResultRow&)> visit) {
  absl::Status status;
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::Phase phase : {v1::PHASE_LOAD, v1::PHASE_MEASURE}) {
      status.Update(ForEachResultRow(run, leg, phase, visit));
    }
  }
  return status;
}

absl::StatusOr<ResultRow> TotalRow(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase) {
  ResultRow row = EmptyRow(run, leg, phase);
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == phase) WEIR_RETURN_IF_ERROR(AddTo(row, result.total()));
  }
  return row;
}

absl::StatusOr<ResultRow> AgentRow(const v1::RunResult& run, const v1::Leg& leg, v1::Phase phase,
                                   uint32_t agent) {
  ResultRow row = EmptyRow(run, leg, phase);
  for (const v1::AgentShare& share : leg.shares()) {
    if (share.phase() != phase || share.agent() != agent) continue;
    WEIR_RETURN_IF_ERROR(AddTo(row, share.total()));
  }
  return row;
}

bool HasPhase(const v1::Leg& leg, v1::Phase phase) {
  return std::any_of(leg.results().begin(), leg.results().end(),
                     [&](const v1::PhaseResult& result) { return result.phase() == phase; });
}

bool HasCharge(const v1::Leg& leg) {
  if (leg.provisioned_ru() > 0 || !leg.charge_basis().empty()) return true;
  return std::any_of(leg.results().begin(), leg.results().end(),
                     [](const v1::PhaseResult& result) { return result.total().milli_ru() > 0; });
}

const v1::Scenario* ScenarioOf(const v1::RunResult& run, const v1::Leg& leg) {
  for (const v1::Scenario& scenario : run.campaign().scenarios()) {
    if (scenario.name() == leg.scenario()) return &scenario;
  }
  return nullptr;
}

std::string PhaseName(v1::Phase phase) {
  switch (phase) {
    case v1::PHASE_LOAD:
      return "load";
    case v1::PHASE_WARM_UP:
      return "warm_up";
    case v1::PHASE_MEASURE:
      return "measure";
    default:
      return "unknown";
  }
}

std::string OperationName(const v1::Leg& leg, v1::Phase phase, uint32_t operation) {
  if (phase == v1::PHASE_LOAD) return "load";
  const v1::OperationFacts* facts = FactsOf(leg, phase, operation);
  return facts == nullptr ? absl::StrCat("operation ", operation) : facts->name();
}

}  // namespace weir
