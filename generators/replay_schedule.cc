#include "generators/replay_schedule.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "generators/formula_schedule.h"
#include "generators/portable_math.h"
#include "generators/replay_file.h"

namespace weir {
namespace {

class ReplaySchedule final : public FormulaSchedule {
 public:
  ReplaySchedule(std::vector<int64_t> offsets_ns, int64_t duration_ns)
      : offsets_ns_(std::move(offsets_ns)), duration_ns_(duration_ns) {}

  uint64_t size() const override { return offsets_ns_.size(); }
  int64_t duration_ns() const override { return duration_ns_; }
  int64_t OffsetOf(uint64_t index) const override { return offsets_ns_[index]; }

 private:
  std::vector<int64_t> offsets_ns_;
  int64_t duration_ns_;
};

absl::Status CheckSettings(const v1::Replay& settings, int64_t duration_ns) {
  if (settings.path().empty()) return absl::InvalidArgumentError("replay: which file? give `path`");
  if (settings.speed_numerator() == 0 || settings.speed_denominator() == 0) {
    return absl::InvalidArgumentError("replay: the speed must be more than 0");
  }
  if (duration_ns <= 0) {
    return absl::InvalidArgumentError("replay: warm_up and measure must last longer than nothing");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Schedule>> MakeReplaySchedule(const v1::Replay& settings,
                                                             int64_t duration_ns) {
  WEIR_RETURN_IF_ERROR(CheckSettings(settings, duration_ns));
  WEIR_ASSIGN_OR_RETURN(ReplayFile file, ReadReplayFile(settings.path()));
  if (!settings.sha256().empty() && settings.sha256() != file.sha256) {
    return absl::InvalidArgumentError(
        absl::StrCat(settings.path(), ": not the file that is meant: its SHA-256 is ", file.sha256,
                     ", the campaign says ", settings.sha256()));
  }
  std::vector<int64_t>& offsets = file.offsets_ns;
  size_t kept = 0;
  for (; kept < offsets.size(); ++kept) {
    const Uint128 offset = Uint128{static_cast<uint64_t>(offsets[kept])} *
                           settings.speed_denominator() / settings.speed_numerator();
    if (offset >= static_cast<Uint128>(duration_ns)) break;
    offsets[kept] = static_cast<int64_t>(offset);
  }
  if (kept == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        settings.path(), ":1: the first arrival is later than warm_up and measure last"));
  }
  offsets.resize(kept);
  offsets.shrink_to_fit();
  return std::make_unique<ReplaySchedule>(std::move(offsets), duration_ns);
}

}  // namespace weir
