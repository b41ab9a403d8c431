#include "agent/prepare_checks.h"

#include <cmath>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "measure/message_rules.h"

namespace weir {
namespace {

constexpr uint32_t kMostAgents = 1'000'000;
constexpr double kMostRateFactor = 1000;
constexpr int64_t kLongestRehearsalNs = 3'600'000'000'000;

absl::Status Refuse(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the coordinator asks for ", what));
}

bool IsAmount(double value) { return std::isfinite(value) && value >= 0; }

absl::Status CheckShare(const v1::Prepare& prepare) {
  if (prepare.share_index() >= prepare.share_count() || prepare.share_count() > kMostAgents) {
    return Refuse(absl::StrCat("part ", prepare.share_index(), " of ", prepare.share_count()));
  }
  const v1::StageBudget& budget = prepare.budget();
  if (!IsAmount(budget.operations_per_second()) || !IsAmount(budget.ru_per_second()) ||
      budget.length_ns() < 0) {
    return Refuse("a budget that is none");
  }
  if (!IsAmount(prepare.rate_factor()) || prepare.rate_factor() > kMostRateFactor ||
      prepare.length().ns() < 0 || prepare.length().ns() > kLongestRehearsalNs) {
    return Refuse("a rehearsal of no length or rate");
  }
  return absl::OkStatus();
}

// What the rules of single fields do not say, and what is carried out rests on.
absl::Status CheckScenario(const v1::Prepare& prepare) {
  const v1::Scenario& scenario = prepare.campaign().scenarios(static_cast<int>(prepare.scenario()));
  if (prepare.task() == v1::TASK_LOAD && !scenario.phases().has_load()) {
    return Refuse("a load that the scenario does not have");
  }
  const bool drives = prepare.task() == v1::TASK_DRIVE || prepare.task() == v1::TASK_PROVE ||
                      prepare.task() == v1::TASK_CANARY;
  const bool shaped = scenario.shape().shape_case() != v1::LoadShape::SHAPE_NOT_SET;
  if (drives && (scenario.operations().empty() || !shaped)) {
    return Refuse("a scenario without operations or shape");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckPrepare(const v1::Prepare& prepare, const OperatorLimits& limits) {
  const v1::Campaign& campaign = prepare.campaign();
  if (prepare.scenario() >= static_cast<uint32_t>(campaign.scenarios_size()) ||
      prepare.target() >= static_cast<uint32_t>(campaign.targets_size())) {
    return Refuse("a scenario or target that its campaign does not have");
  }
  WEIR_RETURN_IF_ERROR(Annotate(CheckMessageRules(campaign), "the campaign"));
  WEIR_RETURN_IF_ERROR(CheckShare(prepare));
  WEIR_RETURN_IF_ERROR(CheckScenario(prepare));
  for (const v1::Target& target : campaign.targets()) {
    WEIR_RETURN_IF_ERROR(MayUseTarget(target, limits));
  }
  return MayUseScenarios(campaign, limits);
}

}  // namespace weir
