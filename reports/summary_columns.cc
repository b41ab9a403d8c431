#include "reports/summary_columns.h"

#include <array>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "reports/capacity_table.h"
#include "reports/evidence_text.h"
#include "reports/metrics.h"
#include "reports/quantity.h"

namespace weir {
namespace {

// PREFIX_SOME_VALUE → "some_value".
std::string EnumText(const std::string& name, absl::string_view prefix) {
  return absl::AsciiStrToLower(absl::StripPrefix(name, prefix));
}

std::string StateText(const ResultRow& row) {
  return EnumText(v1::RunState_Name(row.run.state()), "RUN_STATE_");
}

std::string ValidityText(const ResultRow& row) {
  return EnumText(v1::Validity_Name(row.leg.verdict().validity()), "VALIDITY_");
}

std::string Reasons(const ResultRow& row) {
  return absl::StrJoin(row.leg.verdict().reasons(), "; ");
}

std::string FailedGateNames(const ResultRow& row) {
  std::vector<std::string> names;
  for (const v1::GateResult* gate : FailedGates(row.leg)) {
    const std::string of = gate->agent().empty() ? "" : " of " + gate->agent();
    const bool overridden = IsOverridden(row.leg.verdict(), *gate);
    names.push_back(absl::StrCat(gate->name(), of, overridden ? " (overridden)" : ""));
  }
  return absl::StrJoin(names, "; ");
}

std::string Steady(const ResultRow& row) {
  if (row.phase != v1::PHASE_MEASURE || !row.leg.steadiness().judged()) return "";
  return row.leg.steadiness().steady() ? "yes" : "no";
}

std::string Bottleneck(const ResultRow& row) {
  return row.phase == v1::PHASE_MEASURE ? PlaceName(row.leg.bottleneck().place()) : "";
}

std::string RoundText(const ResultRow& row) {
  return row.leg.round() == 0 ? "" : absl::StrCat(row.leg.round());
}

std::string SetAsideText(const ResultRow& row) { return row.leg.set_aside() ? "yes" : ""; }

std::string KindText(const ResultRow& row) {
  if (row.facts == nullptr) return "insert";
  return EnumText(v1::OperationKind_Name(row.facts->kind()), "OPERATION_KIND_");
}

std::string BatchText(const ResultRow& row) {
  if (row.facts != nullptr) return absl::StrCat(row.facts->batch());
  for (const v1::Target& target : row.run.campaign().targets()) {
    if (target.name() == row.leg.target() && target.batch() > 0)
      return absl::StrCat(target.batch());
  }
  const v1::Scenario* scenario = ScenarioOf(row.run, row.leg);
  return scenario == nullptr ? "" : absl::StrCat(scenario->phases().load().batch());
}

std::string LoadShapeText(const ResultRow& row) {
  if (row.phase == v1::PHASE_LOAD) return "closed";
  return row.leg.open_loop() ? "open" : "closed";
}

std::string SessionsText(const ResultRow& row) {
  if (row.phase == v1::PHASE_MEASURE) return absl::StrCat(row.leg.sessions());
  const v1::Scenario* scenario = ScenarioOf(row.run, row.leg);
  return scenario == nullptr ? "" : absl::StrCat(scenario->phases().load().sessions());
}

// clang-format off
constexpr auto kColumns = std::to_array<IdentityColumn>({
    {"validity", ValidityText,
     "Verdict on this scenario and target: `valid`; `degraded`, when too many operations failed; "
     "`invalid`, when the harness or its machine spoiled the numbers; `unverified`, when the user "
     "overrode the gates that say so; `partial`, when an agent was lost and the user tolerates "
     "that; `unknown`."},
    {"reasons", Reasons, "Why it is not `valid`."},
    {"failed_gates", FailedGateNames,
     "Gates that failed, and of which agent; overridden ones are marked."},
    {"steady", Steady,
     "Whether the measure phase was steady, `yes` or `no`; empty when it was too short to tell."},
    {"bottleneck", Bottleneck,
     "What kept the measure phase from being faster: `none`, `generator`, `network`, `session "
     "pool`, `throttle` or `database`."},
    {"run", [](const ResultRow& row) { return row.run.id(); },
     "Id of the run in the results store."},
    {"campaign", [](const ResultRow& row) { return row.run.campaign().name(); },
     "Name of the campaign."},
    {"weir_version", [](const ResultRow& row) { return row.run.version(); },
     "Version of the coordinator."},
    {"started_utc", [](const ResultRow& row) { return UtcIso(row.run.started_unix_ns()); },
     "Start of the run, ISO 8601."},
    {"run_state", StateText,
     "`finished`, `interrupted` by the user, `aborted`, or still `running` (also: its process was "
     "killed)."},
    {"scenario", [](const ResultRow& row) { return row.leg.scenario(); }, "Name of the scenario."},
    {"target", [](const ResultRow& row) { return row.leg.target(); }, "Name of the target."},
    {"round", RoundText,
     "Of a comparison: the round that the run belongs to, from 1 on. Empty otherwise."},
    {"set_aside", SetAsideText,
     "`yes` when the round was run again because a gate failed, and this run counts no more."},
    {"probe", [](const ResultRow& row) { return PurposeName(row.leg.probe().purpose()); },
     "Of a search for capacity: what the probe was for, `search`, `confirm`, `refute`, `curve` or "
     "`scaling`; more of it is in capacity.csv. Empty otherwise."},
    {"backend", [](const ResultRow& row) { return row.leg.backend(); },
     "Kind of database: `postgres`, `cosmos`, `sqlite`, `null`."},
    {"phase", [](const ResultRow& row) { return PhaseName(row.phase); },
     "`load`, which writes the dataset as fast as it goes, or `measure`."},
    {"operation", [](const ResultRow& row) { return row.operation; },
     "Name of the operation; `load` for the load phase."},
    {"kind", KindText, "`insert`, `upsert`, `read`, `replace`, `delete` or `query`."},
    {"batch", BatchText, "Records in one operation of a writing kind."},
    {"keys", [](const ResultRow& row) { return row.facts == nullptr ? "" : row.facts->keys(); },
     "Distribution of the keys."},
    {"load_shape", LoadShapeText,
     "`open`: operations arrive by a schedule. `closed`: a session waits for its answer before it "
     "sends again; throughput only, because its response times omit queueing."},
    {"sessions", SessionsText, "Sessions over all agents."},
    {"agents", [](const ResultRow& row) { return absl::StrCat(row.run.agents_size()); },
     "Agents of the run."},
    {"seed", [](const ResultRow& row) { return absl::StrCat(row.run.campaign().seed()); },
     "Seed of the campaign."},
    {"dataset_records",
     [](const ResultRow& row) { return absl::StrCat(row.run.campaign().dataset().records()); },
     "Records that the load phase writes."},
    {"charge_basis", [](const ResultRow& row) { return row.leg.charge_basis(); },
     "Where request units come from; empty when the target has none."},
});
// clang-format on

constexpr char kReferenceHead[] =
    R"(# summary.csv

One row per run × scenario × target × phase × operation. RFC 4180 (CRLF, quotes doubled), UTF-8,
first line the names. Numbers have a point and no thousands separators; units stand last in the
names. A text that a spreadsheet would run as a formula is preceded by an apostrophe.

A number is **empty** when it does not apply (request units of a database without them) or when
there are too few samples for it: a percentile q of n operations is given when n·(1 − q) ≥ 100, up
to the 90th when n ≥ 10. It is **`inf`** when the percentile falls among operations that did not
succeed: `response_p99_us` is `inf` as soon as more than 1 % of the planned operations failed,
timed out or were never sent.

Rows can be added over operations, targets and runs as far as counts and rates go; percentiles
cannot (report.json holds the histograms, which can).

This page is made from the program's table of columns; a test compares them.

## Verdict, and what identifies a row

| column | meaning |
|---|---|
)";

constexpr char kReferenceMetrics[] = R"(
## Numbers

Each is also a metric that thresholds can name.

| column | unit | meaning |
|---|---|---|
)";

}  // namespace

absl::Span<const IdentityColumn> IdentityColumns() { return kColumns; }

std::string SummaryCsvReference() {
  std::string text = kReferenceHead;
  for (const IdentityColumn& column : kColumns) {
    absl::StrAppend(&text, "| `", column.name, "` | ", column.doc, " |\n");
  }
  text += kReferenceMetrics;
  for (const Metric& metric : Metrics()) {
    absl::StrAppend(&text, "| `", metric.name, "` | ", UnitName(metric.unit), " | ", metric.doc,
                    " |\n");
  }
  return text;
}

}  // namespace weir
