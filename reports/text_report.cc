#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

#include "reports/comparison_table.h"
#include "reports/comparison_text.h"
#include "reports/evidence_text.h"
#include "reports/leg_text.h"
#include "reports/metrics.h"
#include "reports/partition_use.h"
#include "reports/quantity.h"
#include "reports/report.h"
#include "reports/text_table.h"

namespace weir {
namespace {

enum class Ink { kPlain, kBold, kGood, kWarning, kBad };

class Painter {
 public:
  explicit Painter(bool colour) : colour_(colour) {}

  std::string operator()(Ink ink, const std::string& text) const {
    return colour_ && ink != Ink::kPlain ? absl::StrCat(Code(ink), text, "\x1b[0m") : text;
  }

 private:
  static const char* Code(Ink ink) {
    switch (ink) {
      case Ink::kBold:
        return "\x1b[1m";
      case Ink::kGood:
        return "\x1b[1;32m";
      case Ink::kWarning:
        return "\x1b[1;33m";
      case Ink::kBad:
        return "\x1b[1;31m";
      default:
        return "";
    }
  }

  bool colour_;
};

std::string PhaseText(v1::Phase phase) {
  return phase == v1::PHASE_WARM_UP ? "warm-up" : PhaseName(phase);
}

Ink InkOf(v1::Validity validity) {
  switch (validity) {
    case v1::VALIDITY_VALID:
      return Ink::kGood;
    case v1::VALIDITY_INVALID:
      return Ink::kBad;
    default:
      return Ink::kWarning;
  }
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

constexpr int kMostReasons = 8;

class TextWriter {
 public:
  TextWriter(const v1::RunResult& run, int width, bool colour)
      : run_(run), width_(width), paint_(colour) {}

  std::string Write() {
    Verdict();
    Comparison();
    for (const std::string& scenario : Scenarios()) Scenario(scenario);
    Thresholds();
    Errors();
    return std::move(text_);
  }

 private:
  void Line(const std::string& line) { absl::StrAppend(&text_, line, "\n"); }

  void Verdict() {
    const v1::ValidityVerdict& verdict = run_.verdict();
    const std::string word = ValidityWord(verdict.validity());
    Line(absl::StrCat(paint_(InkOf(verdict.validity()), word), "  ",
                      Printable(run_.campaign().name()), ", ", StateText(run_)));
    if (verdict.overridden_size() > 0) {
      Bullet("gates that failed and were overridden: " + absl::StrJoin(verdict.overridden(), ", "));
    }
    Reasons();
    for (const v1::Leg& leg : run_.legs()) LegVerdict(leg);
    Advice();
    Indented("", absl::StrCat("run ", run_.id(), ", seed ", run_.campaign().seed(), ", ",
                              run_.agents_size(), run_.agents_size() == 1 ? " agent" : " agents",
                              ", weir ", run_.version()));
  }

  // A machine that is not fit fails the same gates in every scenario.
  void Reasons() {
    const auto& reasons = run_.verdict().reasons();
    const int shown = reasons.size() <= kMostReasons + 1 ? reasons.size() : kMostReasons;
    for (int i = 0; i < shown; ++i) Bullet(reasons[i]);
    if (shown < reasons.size()) {
      Bullet(absl::StrCat("and ", reasons.size() - shown, " more reasons, all in the reports"));
    }
  }

  void Bullet(const std::string& text) { Indented("  - ", text); }

  // Later lines stand under the first word after the bullet.
  void Indented(const std::string& bullet, const std::string& text, Ink ink = Ink::kPlain) {
    text_ += paint_(ink, bullet);
    text_ += Wrapped(Printable(text), width_ - static_cast<int>(bullet.size()),
                     std::string(bullet.size(), ' '));
  }

  void LegVerdict(const v1::Leg& leg) {
    const std::string place = absl::StrCat(leg.scenario(), " on ", leg.target());
    if (!leg.failure().empty() && !SaidOfTheRun(leg.failure())) {
      Bullet(absl::StrCat(place, " did not run to its end: ", leg.failure()));
    }
    if (leg.verdict().validity() == v1::VALIDITY_VALID) return;
    for (const std::string& reason : leg.verdict().reasons()) {
      if (!SaidOfTheRun(reason)) Bullet(absl::StrCat(place, ": ", reason));
    }
    for (const v1::GateResult* gate : FailedGates(leg)) FailedGate(place, *gate);
  }

  // What was seen stands in the reasons mostly, unless the gate was overridden. Of many agents that
  // fail the same gate one is enough here.
  void FailedGate(const std::string& place, const v1::GateResult& gate) {
    const bool known = !told_.insert(absl::StrCat(place, "/", gate.name())).second;
    if (known || SaidOfTheRun(gate.saw())) return;
    if (++failed_gates_ <= kMostReasons) Bullet(absl::StrCat(place, ": ", GateText(gate)));
  }

  // Once for each gate, however many legs and agents failed it.
  void Advice() {
    if (failed_gates_ > kMostReasons) {
      Bullet(absl::StrCat("and ", failed_gates_ - kMostReasons, " more, all in the reports"));
    }
    std::map<std::string, std::string> advice;
    for (const v1::Leg& leg : run_.legs()) {
      for (const v1::GateResult* gate : FailedGates(leg)) {
        if (!gate->advice().empty()) advice[GateTitle(*gate)] = gate->advice();
      }
    }
    for (const auto& [gate, text] : advice) Indented("    ", absl::StrCat(gate, ": ", text));
  }

  bool SteadinessIsAReason(const v1::Leg& leg) const {
    const auto& reasons = leg.steadiness().reasons();
    return !reasons.empty() && SaidOfTheRun(reasons[0]);
  }

  // A leg that was left out carries the run's reason after these words.
  bool SaidOfTheRun(absl::string_view reason) const {
    if (!absl::ConsumePrefix(&reason, "not run: ")) {
      absl::ConsumePrefix(&reason, "not run to its end: ");
    }
    const auto& said = run_.verdict().reasons();
    return std::any_of(said.begin(), said.end(), [&](const std::string& of_the_run) {
      return absl::StrContains(of_the_run, reason);
    });
  }

  std::vector<std::string> Scenarios() const {
    std::vector<std::string> names;
    for (const v1::Leg& leg : run_.legs()) {
      const bool known = std::find(names.begin(), names.end(), leg.scenario()) != names.end();
      if (!known) names.push_back(leg.scenario());
    }
    return names;
  }

  // The answer that the campaign was made for.
  void Comparison() {
    const v1::ComparisonResult& whole = run_.comparison();
    if (whole.compared().empty()) return;
    Line("");
    Line(paint_(Ink::kBold, "verdicts"));
    for (const v1::Compared& compared : whole.compared()) Finding(compared);
    Indented("  ", DesignText(whole));
    for (const std::string& repeat : whole.repeats()) Indented("  ", Printable(repeat));
  }

  void Finding(const v1::Compared& compared) {
    const bool judged =
        compared.finding() != v1::FINDING_INVALID && compared.finding() != v1::FINDING_NO_VERDICT;
    Indented("  - ",
             absl::StrCat(compared.scenario(), ", ", FindingSubject(compared), ": ",
                          compared.sentence()),
             judged ? Ink::kBold : Ink::kWarning);
    for (const std::string& caution : compared.cautions()) Indented("    ", Printable(caution));
  }

  // Of a comparison: the values by round instead of every leg's table.
  void Rounds(const std::string& scenario) {
    text_ += RoundsTable(run_, scenario, width_);
    Indented("  ", "every run's own figures are in summary.csv and report.json");
  }

  template <typename Visit>
  void ForEachLeg(const std::string& scenario, Visit visit) {
    for (const v1::Leg& leg : run_.legs()) {
      if (leg.scenario() == scenario) visit(leg);
    }
  }

  void Scenario(const std::string& name) {
    Line("");
    std::string shape;
    std::string caveat;
    ForEachLeg(name, [&](const v1::Leg& leg) {
      if (HasPhase(leg, v1::PHASE_MEASURE)) shape = ShapeText(run_, leg);
      if (!CaveatText(leg).empty()) caveat = CaveatText(leg);
    });
    Indented(name, shape.empty() ? "" : ": " + shape, Ink::kBold);
    if (!caveat.empty()) Indented("  ", "closed loop: " + caveat);
    if (!run_.comparison().compared().empty()) return Rounds(name);
    ForEachLeg(name, [&](const v1::Leg& leg) { Load(leg); });
    Measured(name);
    ForEachLeg(name, [&](const v1::Leg& leg) { Findings(leg); });
  }

  // What a reader should know who goes no further than the table.
  void Findings(const v1::Leg& leg) {
    std::string bullet = absl::StrCat("  ", Printable(leg.target()), ": ");
    const auto say = [&](const std::string& text) {
      if (text.empty()) return;
      Indented(bullet, text);
      bullet.assign(DisplayWidth(bullet), ' ');
    };
    say(BottleneckText(leg));
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
    Indented("  ", line);
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
    text_ += table.Render(width_);
    for (const std::string& basis : bases) Indented("  RU of ", basis);
    for (const std::string& caution : cautions) Indented("  ", caution);
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
    Bullet(absl::StrCat("cannot be shown, the stored numbers are damaged: ",
                        std::string(status.message())));
  }

  void Thresholds() {
    if (run_.thresholds().empty()) return;
    Line("");
    Line(paint_(Ink::kBold, "thresholds"));
    for (const v1::ThresholdResult& result : run_.thresholds()) Threshold(result);
  }

  void Threshold(const v1::ThresholdResult& result) {
    const std::string operation = result.operation().empty() ? "" : ", " + result.operation();
    const std::string word = ThresholdWord(run_, result);
    Indented(result.met()       ? "  met     "
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
        if (samples++ == 0) Line("\n" + paint_(Ink::kBold, "errors"));
        if (samples <= kMost) Error(leg, error);
      }
    }
    if (samples > kMost) Line(absl::StrCat("  … and ", samples - kMost, " more in the reports"));
  }

  void Error(const v1::Leg& leg, const v1::ErrorSample& error) {
    const bool measured = error.phase() == v1::PHASE_MEASURE;
    const std::string where = absl::StrCat(error.operation(), " on ", leg.target());
    const std::string words = error.detail().empty() ? "" : ": " + error.detail();
    Indented("  ",
             absl::StrCat(CountText(static_cast<double>(error.count())), " × ", error.verdict(),
                          ", ", where, measured ? "" : ", " + PhaseText(error.phase()), words));
  }

  const v1::RunResult& run_;
  const int width_;
  const Painter paint_;
  std::set<std::string> told_;  // place/gate
  int failed_gates_ = 0;        // of which nothing stands in the reasons
  std::string text_;
};

}  // namespace

std::string TextReport(const v1::RunResult& run, int width, bool colour) {
  return TextWriter(run, width, colour).Write();
}

}  // namespace weir
