#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"

#include "base/printable.h"
#include "reports/answers.h"
#include "reports/capacity_table.h"
#include "reports/comparison_table.h"
#include "reports/comparison_text.h"
#include "reports/cost.h"
#include "reports/cost_text.h"
#include "reports/evidence_text.h"
#include "reports/fairness.h"
#include "reports/leg_text.h"
#include "reports/metrics.h"
#include "reports/partition_use.h"
#include "reports/quantity.h"
#include "reports/report.h"
#include "reports/text_page.h"
#include "reports/text_table.h"
#include "reports/text_verdict.h"
#include "reports/within_run.h"

namespace weir {
namespace {

std::string PhaseText(v1::Phase phase) {
  return phase == v1::PHASE_WARM_UP ? "warm-up" : PhaseName(phase);
}

// What the terminal shows of the table of metrics.
struct ShownMetric {
  const char* name;
  const char* head;
  int importance;
};
constexpr ShownMetric kShown[] = {
    {"planned_ops_per_s", "offered", 2},
    {"throughput_ops_per_s", "throughput", 9},
    {"response_p50_us", "p50", 7},
    {"response_p90_us", "p90", 3},
    {"response_p99_us", "p99", 8},
    {"response_p999_us", "p99.9", 4},
    {"service_p99_us", "service p99", 2},
    {"wait_p99_us", "wait p99", 1},
    {"lag_p99_us", "lag p99", 1},
    {"error_share", "errors", 6},
    {"throttled_share", "throttled", 3},
    {"ru_per_operation", "RU/op", 5},
    {"ru_per_s", "RU/s", 5},
};

std::vector<TextColumn> ShownColumns() {
  std::vector<TextColumn> columns = {{"target", 10, true}, {"operation", 10, true}};
  for (const ShownMetric& shown : kShown) columns.push_back({shown.head, shown.importance});
  return columns;
}

std::string ShownText(const ShownMetric& shown, const ResultRow& row) {
  const Metric& metric = *FindMetric(shown.name);
  return HumanText(metric, ValueOf(metric, row), row.timeout_us);
}

void AddRow(const ResultRow& row, const std::string& target, const std::string& operation,
            TextTable* table) {
  std::vector<std::string> cells = {target, operation};
  for (const ShownMetric& shown : kShown) cells.push_back(ShownText(shown, row));
  table->Add(std::move(cells));
}

class TextWriter {
 public:
  TextWriter(const v1::RunResult& run, const ResultsStore* store, int width, bool colour)
      : run_(run), store_(store), page_(width, colour) {}

  std::string Write() {
    WriteVerdict(run_, &page_);
    Comparison();
    Capacities();
    for (const std::string& scenario : ScenarioNames(run_)) Scenario(scenario);
    Cost();
    Thresholds();
    Errors();
    return page_.Take();
  }

 private:
  // The answer that the campaign was made for.
  void Comparison() {
    const v1::ComparisonResult& whole = run_.comparison();
    if (whole.compared().empty()) return;
    page_.Heading("verdicts");
    for (const v1::Compared& compared : whole.compared()) Finding(compared);
    page_.Indented("  ", DesignText(whole));
    for (const std::string& repeat : whole.repeats()) page_.Indented("  ", Printable(repeat));
  }

  void Finding(const v1::Compared& compared) {
    const bool judged =
        compared.finding() != v1::FINDING_INVALID && compared.finding() != v1::FINDING_NO_VERDICT;
    page_.Indented("  - ",
                   absl::StrCat(compared.scenario(), ", ", FindingSubject(compared), ": ",
                                compared.sentence()),
                   judged ? Ink::kBold : Ink::kWarning);
    for (const std::string& caution : compared.cautions())
      page_.Indented("    ", Printable(caution));
  }

  void Capacities() {
    if (run_.capacities().empty()) return;
    page_.Heading("capacity");
    for (const v1::CapacityResult& capacity : run_.capacities()) {
      const bool confirmed = capacity.finding() == v1::CAPACITY_FINDING_CONFIRMED;
      page_.Indented("  - ", absl::StrCat(capacity.scenario(), ": ", capacity.sentence()),
                     confirmed ? Ink::kBold : Ink::kWarning);
    }
    page_.Indented("  ", "objective: " + run_.capacities(0).objective());
  }

  // Of a search: its probes, rate by rate, instead of every leg's table.
  void Search(const std::string& scenario) {
    std::set<std::string> targets;
    ForEachLeg(scenario, [&](const v1::Leg& leg) {
      Load(leg);
      targets.insert(leg.target());
    });
    for (const std::string& target : targets) {
      page_.Indented("  ", Printable(target), Ink::kBold);
      page_.Add(ProbesTable(run_, scenario, target, page_.width()));
      page_.Add(ScalingTable(run_, scenario, target, page_.width()));
      for (const v1::CapacityResult& capacity : run_.capacities()) {
        if (capacity.scenario() != scenario || capacity.target() != target) continue;
        const std::string text = ScalabilityText(capacity.scalability());
        if (!text.empty()) page_.Indented("  ", text);
      }
    }
  }

  // Of a comparison: the values by round instead of every leg's table.
  void Rounds(const std::string& scenario) {
    page_.Add(RoundsTable(run_, scenario, page_.width()));
    page_.Indented("  ", "every run's own figures are in summary.csv and report.json");
  }

  template <typename Visit>
  void ForEachLeg(const std::string& scenario, Visit visit) {
    for (const v1::Leg& leg : run_.legs()) {
      if (leg.scenario() == scenario) visit(leg);
    }
  }

  void Scenario(const std::string& name) {
    page_.Line("");
    if (run_.campaign().has_capacity()) {
      page_.Indented(name, ": search for capacity", Ink::kBold);
      return Search(name);
    }
    std::string shape;
    std::string caveat;
    ForEachLeg(name, [&](const v1::Leg& leg) {
      if (HasPhase(leg, v1::PHASE_MEASURE)) shape = ShapeText(run_, leg);
      if (!CaveatText(leg).empty()) caveat = CaveatText(leg);
    });
    page_.Indented(name, shape.empty() ? "" : ": " + shape, Ink::kBold);
    if (!caveat.empty()) page_.Indented("  ", "closed loop: " + caveat);
    if (!run_.comparison().compared().empty()) return Rounds(name);
    ForEachLeg(name, [&](const v1::Leg& leg) { Load(leg); });
    Measured(name);
    ForEachLeg(name, [&](const v1::Leg& leg) { Findings(leg); });
  }

  bool SteadinessIsAReason(const v1::Leg& leg) const {
    const auto& reasons = leg.steadiness().reasons();
    return !reasons.empty() && SaidOfTheRun(run_, reasons[0]);
  }

  // What a reader should know who goes no further than the table.
  void Findings(const v1::Leg& leg) {
    std::string bullet = absl::StrCat("  ", Printable(leg.target()), ": ");
    const auto say = [&](const std::string& text) {
      if (text.empty()) return;
      page_.Indented(bullet, text);
      bullet.assign(DisplayWidth(bullet), ' ');
    };
    say(BottleneckText(leg));
    say(WithinRunLine(leg));
    say(UtilisationText(leg));
    say(Printable(HotKeysText(leg)));
    say(ThroughputText(leg));
    const bool whole = leg.steadiness().steady() && leg.steadiness().cut_seconds() == 0;
    if (!whole && !SteadinessIsAReason(leg)) say(SteadinessText(leg));
    const auto total = TotalRow(run_, leg, v1::PHASE_MEASURE);
    if (!total.ok()) return;  // said with the table
    const v1::Tally& counts = total->tally.counts();
    if (counts.ok() != counts.planned()) say(ConservationText(counts, true));
  }

  // R24; runs of less than 300 s have none.
  std::string WithinRunLine(const v1::Leg& leg) const {
    if (store_ == nullptr) return "";
    const auto intervals = WithinRunOf(*store_, run_, leg);
    if (!intervals.ok() || intervals->empty()) return "";
    return absl::StrCat(
        "95 % intervals, within this run only: ",
        absl::StrJoin(*intervals, ", ", [](std::string* out, const WithinRun& interval) {
          absl::StrAppend(out, interval.metric, " ", WithinRunText(interval));
        }));
  }

  void Load(const v1::Leg& leg) {
    if (!HasPhase(leg, v1::PHASE_LOAD)) return;
    const auto row = TotalRow(run_, leg, v1::PHASE_LOAD);
    if (!row.ok()) return Damaged(row.status());
    const auto number = [&](const char* metric) {
      return HumanText(*FindMetric(metric), ValueOf(metric, *row), row->timeout_us);
    };
    std::string line = absl::StrCat(leg.target(), ": loaded ", number("records"), " records in ",
                                    number("duration_s"), ", ", number("records_per_s"));
    if (HasCharge(leg)) absl::StrAppend(&line, ", ", number("ru_total"));
    if (leg.verification().done())
      absl::StrAppend(&line, "; ", VerificationText(leg.verification()));
    page_.Indented("  ", line);
  }

  void Measured(const std::string& scenario) {
    TextTable table(ShownColumns());
    bool any = false;
    std::set<std::string> bases;
    std::set<std::string> cautions;
    ForEachLeg(scenario, [&](const v1::Leg& leg) {
      if (!HasPhase(leg, v1::PHASE_MEASURE)) return;
      any = true;
      AddLeg(leg, &table);
      if (!leg.charge_basis().empty()) bases.insert(leg.target() + ": " + leg.charge_basis());
      if (!leg.caution().empty()) cautions.insert(leg.target() + ": " + leg.caution());
    });
    if (!any) return;
    page_.Add(table.Render(page_.width()));
    for (const std::string& basis : bases) page_.Indented("  RU of ", basis);
    for (const std::string& caution : cautions) page_.Indented("  ", caution);
    Fairness(scenario);
  }

  // Where the targets do not promise the same.
  void Fairness(const std::string& scenario) {
    const std::vector<FairnessTarget> targets = FairnessTargets(run_, scenario);
    for (const FairnessRow& row : FairnessLedger(run_.campaign().compare(), targets)) {
      if (!row.differs) continue;
      page_.Indented("  ", Printable(absl::StrCat("not alike, ", row.name, ": ",
                                                  DifferenceWords(row, targets))));
    }
  }

  void AddLeg(const v1::Leg& leg, TextTable* table) {
    const auto total = TotalRow(run_, leg, v1::PHASE_MEASURE);
    if (!total.ok()) return Damaged(total.status());
    AddRow(*total, leg.target(), "all", table);
    if (leg.operations_size() < 2) return;
    const absl::Status status = ForEachResultRow(
        run_, leg, v1::PHASE_MEASURE,
        [&](const ResultRow& row) { AddRow(row, "", Printable(row.operation), table); });
    if (!status.ok()) Damaged(status);
  }

  void Damaged(const absl::Status& status) {
    page_.Bullet(absl::StrCat("cannot be shown, the stored numbers are damaged: ",
                              std::string(status.message())));
  }

  void Cost() {
    const std::vector<std::string> sentences = CostSentences(run_);
    if (run_.cost().legs().empty() && sentences.empty()) return;
    page_.Line("");
    page_.Indented("cost", run_.has_cost() ? ": " + Printable(PricesText(run_.cost())) : "",
                   Ink::kBold);
    for (const std::string& sentence : sentences) page_.Bullet(sentence);
    for (const std::string& scenario : PricedScenarios(run_)) {
      page_.Add(CostTable(run_, scenario, page_.width()));
    }
    for (const v1::LegCost& cost : run_.cost().legs()) CostBasis(cost);
  }

  // Of a comparison the last round's.
  void CostBasis(const v1::LegCost& cost) {
    if (!IsSideBySide(run_, run_.cost(), cost)) return;
    const v1::Leg& leg = run_.legs(static_cast<int>(cost.leg()));
    std::string place = absl::StrCat("  ", leg.scenario(), " on ", leg.target(), ": ");
    const auto say = [&](const std::string& text) {
      if (text.empty()) return;
      page_.Indented(place, text);
      place.assign(DisplayWidth(place), ' ');
    };
    if (!cost.missing().empty()) return say("no cost: " + cost.missing());
    say(DemandText(run_, cost));
    say(absl::StrCat("storage: ", BytesText(static_cast<double>(cost.storage_bytes())), ", ",
                     cost.storage_basis()));
    say(RunMoneyText(run_, cost));
    for (const std::string& caution : LineCautions(run_, cost)) say(caution);
  }

  void Thresholds() {
    if (run_.thresholds().empty()) return;
    page_.Heading("thresholds");
    for (const v1::ThresholdResult& result : run_.thresholds()) Threshold(result);
  }

  void Threshold(const v1::ThresholdResult& result) {
    const std::string operation = result.operation().empty() ? "" : ", " + result.operation();
    const std::string word = ThresholdWord(run_, result);
    page_.Indented(
        result.met()       ? "  met     "
        : word == "missed" ? "  MISSED  "
                           : "  –       ",
        absl::StrCat(ThresholdText(result.threshold()), ": ", ThresholdValueText(run_, result),
                     " (", result.scenario(), " on ", result.target(), operation, ")"),
        result.met()       ? Ink::kGood
        : word == "missed" ? Ink::kBad
                           : Ink::kWarning);
  }

  // The first words of the databases; report.html and report.json have all that were kept.
  void Errors() {
    constexpr int kMost = 5;
    int samples = 0;
    for (const v1::Leg& leg : run_.legs()) {
      for (const v1::ErrorSample& error : leg.errors()) {
        if (samples++ == 0) page_.Heading("errors");
        if (samples <= kMost) Error(leg, error);
      }
    }
    if (samples > kMost)
      page_.Line(absl::StrCat("  … and ", samples - kMost, " more in the reports"));
  }

  void Error(const v1::Leg& leg, const v1::ErrorSample& error) {
    const bool measured = error.phase() == v1::PHASE_MEASURE;
    const std::string where = absl::StrCat(error.operation(), " on ", leg.target());
    const std::string words = error.detail().empty() ? "" : ": " + error.detail();
    page_.Indented(
        "  ", absl::StrCat(CountText(static_cast<double>(error.count())), " × ", error.verdict(),
                           ", ", where, measured ? "" : ", " + PhaseText(error.phase()), words));
  }

  const v1::RunResult& run_;
  const ResultsStore* const store_;
  TextPage page_;
};

}  // namespace

std::string TextReport(const v1::RunResult& run, int width, bool colour) {
  return TextWriter(run, nullptr, width, colour).Write();
}

std::string TextReport(const ResultsStore& store, const v1::RunResult& run, int width,
                       bool colour) {
  return TextWriter(run, &store, width, colour).Write();
}

}  // namespace weir
