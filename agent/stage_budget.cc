#include "agent/stage_budget.h"

#include "absl/strings/str_format.h"

#include "base/clock.h"

namespace weir {

std::string StageBudgetWatch::Add(uint64_t milli_ru) {
  used_milli_ru_ += milli_ru;
  ++seconds_;
  if (budget_.milli_ru() > 0 && used_milli_ru_ + milli_ru > budget_.milli_ru()) {
    return absl::StrFormat(
        "used %.0f RU in %d s, of the %.0f that are its share of the campaign's budget",
        static_cast<double>(used_milli_ru_) / 1e3, seconds_,
        static_cast<double>(budget_.milli_ru()) / 1e3);
  }
  if (budget_.length_ns() > 0 && (seconds_ + 1) * kNsPerSecond > budget_.length_ns()) {
    return absl::StrFormat(
        "had throughput provisioned for %d of the %.1f s that the campaign's budget pays for",
        seconds_, static_cast<double>(budget_.length_ns()) / 1e9);
  }
  return "";
}

}  // namespace weir
