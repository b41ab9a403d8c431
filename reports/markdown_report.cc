// The report as Markdown, for a merge request or a wiki: what the run says, then a table for each
// scenario. Charts and evidence are in report.html.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "reports/answers.h"
#include "reports/comparison_text.h"
#include "reports/cost.h"
#include "reports/cost_text.h"
#include "reports/fairness.h"
#include "reports/leg_text.h"
#include "reports/markdown_text.h"
#include "reports/metrics.h"
#include "reports/output_file.h"
#include "reports/quantity.h"
#include "reports/report.h"
#include "reports/result_row.h"

namespace weir {
namespace {

struct Shown {
  const char* head;
  const char* metric;
};

constexpr Shown kShown[] = {{"throughput", "throughput_ops_per_s"},
                            {"p50", "response_p50_us"},
                            {"p99", "response_p99_us"},
                            {"p99.9", "response_p999_us"},
                            {"errors", "error_share"},
                            {"throttled", "throttled_share"},
                            {"RU an operation", "ru_per_operation"},
                            {"RU/s", "ru_per_s"}};

std::string Row(const std::vector<std::string>& cells) {
  return absl::StrCat("| ", absl::StrJoin(cells, " | "), " |\n");
}

std::string Rule(size_t columns) {
  std::string rule = "|---|---|";
  for (size_t i = 2; i < columns; ++i) rule += "--:|";
  return rule + "\n";
}

std::vector<std::string> Cells(const ResultRow& row, const std::string& target) {
  std::vector<std::string> cells = {target, MarkdownText(row.operation)};
  for (const Shown& shown : kShown) {
    const Metric& metric = *FindMetric(shown.metric);
    cells.push_back(MarkdownText(HumanText(metric, ValueOf(metric, row), row.timeout_us)));
  }
  return cells;
}

void AddLeg(const v1::RunResult& run, const v1::Leg& leg, std::string* text) {
  const auto total = TotalRow(run, leg, v1::PHASE_MEASURE);
  if (!total.ok()) {
    absl::StrAppend(text, Row({MarkdownText(leg.target()), "damaged"}));
    return;
  }
  absl::StrAppend(text, Row(Cells(*total, MarkdownText(leg.target()))));
  if (leg.operations_size() < 2) return;
  (void)ForEachResultRow(run, leg, v1::PHASE_MEASURE,
                         [&](const ResultRow& row) { absl::StrAppend(text, Row(Cells(row, ""))); });
}

// What must be read with the numbers of a leg.
void AddNotes(const v1::Leg& leg, std::string* notes) {
  const auto say = [&](const std::string& what, const std::string& text) {
    if (text.empty()) return;
    absl::StrAppend(notes, "- ", what, MarkdownText(absl::StrCat(leg.target(), ": ", text)), "\n");
  };
  say("", CaveatText(leg));
  say("RU of ", leg.charge_basis());
  say("", leg.caution());
  say("", leg.failure());
}

void AddScenario(const v1::RunResult& run, const std::string& name, std::string* text) {
  const std::vector<const v1::Leg*> legs = ShownLegs(run, name);
  if (legs.empty()) return;
  absl::StrAppend(text, "\n## ", MarkdownText(name), "\n\n");
  std::vector<std::string> heads = {"target", "operation"};
  for (const Shown& shown : kShown) heads.emplace_back(shown.head);
  std::string rows;
  for (const v1::Leg* leg : legs) {
    if (HasPhase(*leg, v1::PHASE_MEASURE)) AddLeg(run, *leg, &rows);
  }
  if (!rows.empty()) {
    absl::StrAppend(text, MarkdownText(ShapeText(run, *legs[0])), "\n\n", Row(heads),
                    Rule(heads.size()), rows);
  }
  std::string notes;
  for (const v1::Leg* leg : legs) AddNotes(*leg, &notes);
  const std::vector<FairnessTarget> targets = FairnessTargets(run, name);
  for (const FairnessRow& row : FairnessLedger(run.campaign().compare(), targets)) {
    if (!row.differs) continue;
    absl::StrAppend(&notes, "- not alike, ", MarkdownText(row.name), ": ",
                    MarkdownText(DifferenceWords(row, targets)), "\n");
  }
  if (!notes.empty()) absl::StrAppend(text, rows.empty() ? "" : "\n", notes);
}

// The answers have it in sentences.
void AddCosts(const v1::RunResult& run, std::string* text) {
  if (run.cost().legs().empty()) return;
  std::string notes;
  absl::StrAppend(text,
                  "\n## Cost\n\n| where | paid as | a month | a million |\n|---|---|--:|--:|\n");
  for (const v1::LegCost& cost : run.cost().legs()) {
    if (!IsSideBySide(run, run.cost(), cost)) continue;
    const v1::Leg& leg = run.legs(static_cast<int>(cost.leg()));
    const std::string where = MarkdownText(absl::StrCat(leg.scenario(), " on ", leg.target()));
    for (const v1::CostLine& line : cost.lines()) {
      const std::string& currency = run.cost().currency();
      absl::StrAppend(text, Row({where, MarkdownText(BillingText(run, cost, line)),
                                 MarkdownText(MoneyText(currency, line.per_month())),
                                 MarkdownText(MoneyText(currency, line.per_million()))}));
    }
    for (const std::string& caution : LineCautions(run, cost)) {
      absl::StrAppend(&notes, "- ", where, ", ", MarkdownText(caution), "\n");
    }
  }
  if (!notes.empty()) absl::StrAppend(text, "\n", notes);
  absl::StrAppend(text, "\n", MarkdownText(PricesText(run.cost())), ".\n");
}

void AddThresholds(const v1::RunResult& run, std::string* text) {
  if (run.thresholds().empty()) return;
  absl::StrAppend(text, "\n## Thresholds\n\n| | limit | measured | where |\n|---|---|--:|---|\n");
  for (const v1::ThresholdResult& result : run.thresholds()) {
    absl::StrAppend(
        text, Row({result.met() ? "✓" : "**✕**", MarkdownText(ThresholdText(result.threshold())),
                   MarkdownText(ThresholdValueText(run, result)),
                   MarkdownText(absl::StrCat(result.scenario(), " on ", result.target()))}));
  }
}

}  // namespace

std::string MarkdownReport(const v1::RunResult& run) {
  std::string text = absl::StrCat("# ", MarkdownText(run.campaign().name()), ": ",
                                  ValidityWord(run.verdict().validity()), "\n\nRun ",
                                  MarkdownCode(run.id()), ", ", UtcText(run.started_unix_ns()),
                                  ", ", StateText(run), ", seed ", run.campaign().seed(), ", ",
                                  run.agents_size(), run.agents_size() == 1 ? " agent" : " agents",
                                  run.control_security().empty() ? "" : ", control stream: ",
                                  MarkdownText(run.control_security()), ".\n");
  if (!run.verdict().reasons().empty()) absl::StrAppend(&text, "\n");
  for (const std::string& reason : run.verdict().reasons()) {
    absl::StrAppend(&text, "- ", MarkdownText(reason), "\n");
  }
  const std::vector<Answer> answers = AnswersOf(run);
  if (!answers.empty()) absl::StrAppend(&text, "\n");
  for (const Answer& answer : answers) {
    absl::StrAppend(&text, "- ", MarkdownText(answer.about), ": **", MarkdownText(answer.sentence),
                    "**\n");
    for (const std::string& note : answer.notes) {
      absl::StrAppend(&text, "  - ", MarkdownText(note), "\n");
    }
  }
  for (const std::string& scenario : ScenarioNames(run)) AddScenario(run, scenario, &text);
  AddCosts(run, &text);
  AddThresholds(run, &text);
  return text;
}

absl::Status WriteMarkdownReport(const v1::RunResult& run, const std::string& path) {
  return WriteOutputFile(path, MarkdownReport(run));
}

}  // namespace weir
