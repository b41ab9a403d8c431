#include "reports/answers.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "reports/comparison_text.h"
#include "reports/cost_text.h"
#include "reports/metrics.h"
#include "reports/result_row.h"

namespace weir {
namespace {

Tone ToneOf(v1::Finding finding) {
  switch (finding) {
    case v1::FINDING_FASTER:
      return Tone::kGood;
    case v1::FINDING_SLOWER:
      return Tone::kBad;
    case v1::FINDING_INVALID:
    case v1::FINDING_NO_VERDICT:
      return Tone::kWarning;
    default:
      return Tone::kPlain;
  }
}

void AddVerdicts(const v1::RunResult& run, std::vector<Answer>* answers) {
  for (const v1::Compared& compared : run.comparison().compared()) {
    answers->push_back({.tone = ToneOf(compared.finding()),
                        .about = absl::StrCat(compared.scenario(), ", ", FindingSubject(compared)),
                        .sentence = compared.sentence(),
                        .notes = {compared.cautions().begin(), compared.cautions().end()}});
  }
}

void AddCapacities(const v1::RunResult& run, std::vector<Answer>* answers) {
  for (const v1::CapacityResult& capacity : run.capacities()) {
    const bool firm = capacity.finding() == v1::CAPACITY_FINDING_CONFIRMED;
    answers->push_back({.tone = firm ? Tone::kPlain : Tone::kWarning,
                        .about = absl::StrCat(capacity.scenario(), ", capacity"),
                        .sentence = capacity.sentence()});
  }
}

void AddCosts(const v1::RunResult& run, std::vector<Answer>* answers) {
  for (std::string& sentence : CostSentences(run)) {
    answers->push_back({.about = "cost", .sentence = std::move(sentence)});
  }
}

std::string Number(const ResultRow& row, const char* metric) {
  return HumanText(*FindMetric(metric), ValueOf(metric, row), row.timeout_us);
}

bool Known(const ResultRow& row, const char* metric) { return ValueOf(metric, row).has_value(); }

// "postgres answered 795 /s of 800 /s offered, p50 749 µs, p99 21.4 ms".
std::string MeasuredWords(const ResultRow& row) {
  std::vector<std::string> parts = {absl::StrCat(
      row.leg.target(), " answered ", Number(row, "throughput_ops_per_s"),
      row.leg.open_loop() ? absl::StrCat(" of ", Number(row, "planned_ops_per_s"), " offered")
                          : "")};
  if (row.leg.open_loop()) {
    for (const auto& [name, metric] :
         {std::pair{"p50 ", "response_p50_us"}, std::pair{"p99 ", "response_p99_us"}}) {
      if (Known(row, metric)) parts.push_back(absl::StrCat(name, Number(row, metric)));
    }
  }
  if (Known(row, "ru_per_operation")) {
    parts.push_back(absl::StrCat(Number(row, "ru_per_operation"), " an operation"));
  }
  return absl::StrJoin(parts, ", ");
}

std::string LoadedWords(const ResultRow& row) {
  return absl::StrCat(row.leg.target(), " took ", Number(row, "records"), " records in ",
                      Number(row, "duration_s"), ", ", Number(row, "records_per_s"));
}

// What one leg came to; empty where nothing can be said.
std::string LegWords(const v1::RunResult& run, const v1::Leg& leg) {
  if (!leg.failure().empty()) return absl::StrCat(leg.target(), " did not run to its end");
  const bool measured = HasPhase(leg, v1::PHASE_MEASURE);
  if (!measured && !HasPhase(leg, v1::PHASE_LOAD)) return "";
  const auto row = TotalRow(run, leg, measured ? v1::PHASE_MEASURE : v1::PHASE_LOAD);
  if (!row.ok()) return "";  // the tables say that it is damaged
  return measured ? MeasuredWords(*row) : LoadedWords(*row);
}

void AddScenarios(const v1::RunResult& run, std::vector<Answer>* answers) {
  for (const std::string& scenario : ScenarioNames(run)) {
    std::vector<std::string> words;
    for (const v1::Leg* leg : ShownLegs(run, scenario)) {
      std::string said = LegWords(run, *leg);
      if (!said.empty()) words.push_back(std::move(said));
    }
    if (words.empty()) continue;
    answers->push_back({.about = scenario, .sentence = absl::StrJoin(words, "; ")});
    if (words.size() < 2) continue;
    answers->back().notes = {
        "One run against one shows no difference for certain: 'compare' in the campaign gives a "
        "verdict."};
  }
}

// Of a comparison, the last round; probes of a search have a table of their own.
bool IsShown(const v1::RunResult& run, const v1::Leg& leg) {
  if (leg.set_aside() || leg.has_probe()) return false;
  return leg.round() == 0 || leg.round() == run.comparison().rounds();
}

}  // namespace

std::vector<std::string> ScenarioNames(const v1::RunResult& run) {
  std::vector<std::string> names;
  for (const v1::Leg& leg : run.legs()) {
    if (std::find(names.begin(), names.end(), leg.scenario()) == names.end()) {
      names.push_back(leg.scenario());
    }
  }
  return names;
}

std::vector<const v1::Leg*> ShownLegs(const v1::RunResult& run, const std::string& scenario) {
  std::vector<const v1::Leg*> shown;
  for (const v1::Leg& leg : run.legs()) {
    if (leg.scenario() == scenario && IsShown(run, leg)) shown.push_back(&leg);
  }
  const auto place = [&run](const v1::Leg* leg) {
    const auto& targets = run.campaign().targets();
    return std::find_if(targets.begin(), targets.end(),
                        [leg](const v1::Target& target) { return target.name() == leg->target(); });
  };
  std::stable_sort(shown.begin(), shown.end(),
                   [&](const v1::Leg* a, const v1::Leg* b) { return place(a) < place(b); });
  return shown;
}

std::vector<Answer> AnswersOf(const v1::RunResult& run) {
  std::vector<Answer> answers;
  AddVerdicts(run, &answers);
  AddCapacities(run, &answers);
  if (answers.empty()) AddScenarios(run, &answers);
  AddCosts(run, &answers);
  return answers;
}

}  // namespace weir
