#include "reports/page_comparison.h"

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "reports/comparison_table.h"
#include "reports/comparison_text.h"
#include "reports/metrics.h"

namespace weir {
namespace {

using nlohmann::json;

std::string ValueText(const v1::Compared& compared, double value) {
  const Metric* metric = FindMetric(compared.metric());
  return metric == nullptr ? "" : HumanText(*metric, value, 0);
}

json PairsData(const v1::Compared& compared) {
  json pairs = json::array();
  for (const v1::ComparedPair& pair : compared.pairs()) {
    const double ratio = pair.target() / pair.baseline();
    pairs.push_back({{"round", pair.round()},
                     {"baseline", ValueText(compared, pair.baseline())},
                     {"target", ValueText(compared, pair.target())},
                     {"percent", 100 * (ratio - 1)},
                     {"text", DifferenceText(ratio)}});
  }
  return pairs;
}

json FindingData(const v1::Compared& compared) {
  json finding = {{"scenario", compared.scenario()}, {"baseline", compared.baseline()},
                  {"target", compared.target()},     {"subject", FindingSubject(compared)},
                  {"word", FindingWord(compared)},   {"sentence", compared.sentence()},
                  {"pairs", PairsData(compared)}};
  if (!compared.has_low() || !compared.has_high()) return finding;
  finding["percent"] = 100 * (compared.ratio() - 1);
  finding["low"] = 100 * (compared.low() - 1);
  finding["high"] = 100 * (compared.high() - 1);
  finding["interval"] = DifferenceText(compared.low()) + " … " + DifferenceText(compared.high());
  finding["text"] = DifferenceText(compared.ratio());
  return finding;
}

}  // namespace

json ComparisonData(const v1::RunResult& run) {
  const v1::ComparisonResult& whole = run.comparison();
  if (whole.compared().empty()) return nullptr;
  json findings = json::array();
  for (const v1::Compared& compared : whole.compared()) findings.push_back(FindingData(compared));
  return {{"design", DesignText(whole)},
          {"threshold", 100 * whole.threshold()},
          {"repeats", std::vector<std::string>(whole.repeats().begin(), whole.repeats().end())},
          {"rounds", whole.rounds()},
          {"findings", std::move(findings)}};
}

}  // namespace weir
