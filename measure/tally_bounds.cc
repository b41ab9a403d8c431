#include "measure/tally_bounds.h"

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "measure/v2_payload.h"

namespace weir {
namespace {

absl::Status Named(const absl::Status& status, absl::string_view name, size_t number) {
  if (status.ok()) return status;
  const auto* field = v1::Tally::descriptor()->FindFieldByNumber(static_cast<int>(number));
  return Annotate(status, absl::StrCat(name, ".", field->name()));
}

absl::Status AddTo(uint64_t* sum, uint64_t count) {
  if (count > TallyBounds::kMost - *sum) {
    return absl::InvalidArgumentError("more than can be counted");
  }
  *sum += count;
  return absl::OkStatus();
}

}  // namespace

absl::Status TallyBounds::Add(const v1::Tally& tally, absl::string_view name) {
  const TallyView view = TallyView::Of(tally);
  for (size_t i = 0; i < TallyCounts::kFields; ++i) {
    WEIR_RETURN_IF_ERROR(Named(AddTo(&sums_[i], view.counts.by_field[i]), name, i));
    if (view.histograms[i].empty()) continue;
    const auto count = [&](size_t, uint64_t values) { sums_[i] += values; };
    WEIR_RETURN_IF_ERROR(
        Named(WalkV2Payload(view.histograms[i], kMost - sums_[i], count), name, i));
  }
  return absl::OkStatus();
}

}  // namespace weir
