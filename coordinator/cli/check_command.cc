#include "coordinator/cli/check_command.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

#include "coordinator/cli/budget_estimate.h"
#include "coordinator/cli/campaign_names.h"
#include "coordinator/cli/replay_files.h"
#include "coordinator/cli/run_prices.h"

namespace weir {
namespace {

void Print(const Problem& problem, const char* kind) {
  std::fprintf(stderr, "%s%s\n", kind, ToString(problem).c_str());
}

}  // namespace

CampaignReading ReadAndReport(const std::string& path, const std::vector<std::string>& overrides,
                              const PriceChoice& choice, ChosenPrices* prices) {
  CampaignReading reading = ReadCampaignFile(path, overrides);
  CheckReplayFiles(&reading);
  CheckCampaignNames(&reading);
  ChosenPrices chosen = CheckedPrices(path, choice, &reading);
  CheckBudget(chosen, &reading);
  for (const Problem& problem : reading.problems) Print(problem, "");
  for (const Problem& warning : reading.warnings) Print(warning, "warning: ");
  if (!reading.problems.empty()) {
    std::fprintf(stderr, "%s\n", ProblemCount(reading, path).c_str());
  }
  if (prices != nullptr) *prices = std::move(chosen);
  return reading;
}

std::string ProblemCount(const CampaignReading& reading, const std::string& path) {
  const size_t count = reading.problems.size();
  return absl::StrCat(count, count == 1 ? " problem in " : " problems in ", path,
                      "; nothing was started");
}

ExitCode CheckCommand(const std::string& path, const std::vector<std::string>& overrides) {
  const CampaignReading reading = ReadAndReport(path, overrides);
  if (!reading.problems.empty()) return kExitBadCampaign;
  const v1::Campaign& campaign = reading.campaign;
  std::printf("%s: campaign '%s' is fine: %llu records, %d targets, %d scenarios\n", path.c_str(),
              campaign.name().c_str(),
              static_cast<unsigned long long>(campaign.dataset().records()),
              campaign.targets_size(), campaign.scenarios_size());
  return kExitValid;
}

}  // namespace weir
