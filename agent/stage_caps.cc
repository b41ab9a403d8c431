#include "agent/stage_caps.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace weir {
namespace {

constexpr double kMostPerSecond = 1e9;

// The lesser of two limits, of which 0 is none; whether it is the second.
double Lesser(double campaigns, double own, bool* is_own) {
  *is_own = own > 0 && (campaigns <= 0 || own < campaigns);
  return std::min(*is_own ? own : campaigns, kMostPerSecond);
}

const char* Allower(bool own) {
  return own ? "its operator allows" : "are its share of the campaign's budget";
}

}  // namespace

absl::StatusOr<StageCaps> StageCaps::Of(const v1::StageBudget& budget,
                                        const OperatorLimits& limits) {
  StageCaps caps;
  const double operations =
      Lesser(budget.operations_per_second(), limits.operations_per_second, &caps.own_operations_);
  const double ru = Lesser(budget.ru_per_second(), limits.ru_per_second, &caps.own_ru_);
  if (operations > 0 && operations < 1) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%.3g operations/s %s: an agent cannot do less than one", operations,
                        Allower(caps.own_operations_)));
  }
  caps.operations_ = static_cast<uint64_t>(operations);
  if (ru > 0) caps.milli_ru_ = std::max<uint64_t>(1, static_cast<uint64_t>(ru * 1e3));
  return caps;
}

std::string StageCaps::OperationsText() const {
  return absl::StrCat("the ", operations_, " operations/s that ", Allower(own_operations_));
}

absl::Status StageCaps::Admit(const v1::Prepared& prepared) const {
  if (operations_ == 0) return absl::OkStatus();
  std::map<uint64_t, uint64_t> by_second;
  for (const v1::PlannedCounts& counts : prepared.planned()) {
    if (counts.phase() == v1::PHASE_LOAD) continue;  // takes the time that the cap makes it take
    for (int i = 0; i < counts.by_second_size(); ++i) {
      by_second[counts.first_second() + static_cast<uint64_t>(i)] += counts.by_second(i);
    }
  }
  for (const auto& [second, planned] : by_second) {
    if (planned <= operations_) continue;
    return absl::ResourceExhaustedError(absl::StrCat("its part of the plan has ", planned,
                                                     " operations in second ", second,
                                                     ", more than ", OperationsText()));
  }
  return absl::OkStatus();
}

void StageCaps::ShareOut(uint32_t workers) {
  if (operations_ > 0) operations_cap_ = std::make_unique<RateCap>(operations_, workers);
  if (milli_ru_ > 0) milli_ru_cap_ = std::make_unique<RateCap>(milli_ru_, workers);
}

std::string StageCaps::Reached() const {
  if (operations_cap_ && operations_cap_->reached()) {
    return absl::StrCat("reached ", OperationsText(), ", retries included");
  }
  if (milli_ru_cap_ && milli_ru_cap_->reached()) {
    return absl::StrFormat("reached the %.6g RU/s that %s", static_cast<double>(milli_ru_) / 1e3,
                           Allower(own_ru_));
  }
  return "";
}

void DiscloseCaps(const v1::Campaign& campaign, const OperatorLimits& limits,
                  v1::Prepared* prepared) {
  const auto add = [&](const char* name, double value, const char* unit, const char* whose) {
    if (value <= 0) return;
    v1::Condition* condition = prepared->add_conditions();
    condition->set_group("Caps");
    condition->set_name(name);
    condition->set_value(absl::StrFormat(
        "%.6g %s %s; a load waits at it, what is measured would end", value, unit, whose));
  };
  const v1::Rate& rate = campaign.budget().operations();
  const double operations = rate.per_ns() == 0 ? 0
                                               : static_cast<double>(rate.operations()) * 1e9 /
                                                     static_cast<double>(rate.per_ns());
  add("operations", operations, "/s", "over all agents");
  add("request units", campaign.budget().ru_per_second(), "RU/s", "over all agents");
  add("operations of an agent", limits.operations_per_second, "/s", "by its operator");
  add("request units of an agent", limits.ru_per_second, "RU/s", "by its operator");
}

}  // namespace weir
