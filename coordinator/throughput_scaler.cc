#include "coordinator/throughput_scaler.h"

#include <algorithm>
#include <cmath>

#include "base/clock.h"

namespace weir {
namespace {

int64_t WholeSeconds(const v1::Duration& duration) {
  return (duration.ns() + kNsPerSecond - 1) / kNsPerSecond;
}

}  // namespace

ThroughputScaler::ThroughputScaler(const v1::ThroughputRule& rule, const Start& start)
    : rule_(rule),
      window_(static_cast<size_t>(std::max<int64_t>(1, WholeSeconds(rule.window())))),
      cool_down_(static_cast<uint32_t>(std::max<int64_t>(0, WholeSeconds(rule.cool_down())))),
      multiple_of_(start.multiple_of),
      provisioned_(start.provisioned_ru),
      partitions_(std::max(1u, start.partitions)) {}

void ThroughputScaler::Add(uint32_t second, const std::map<int32_t, v1::PartitionUse>& partitions) {
  if (second < from_second_ || provisioned_ == 0) return;
  Second& added = seconds_.emplace_back();
  for (const auto& [number, use] : partitions) {
    added.milli_ru[number] += use.milli_ru();
    added.throttled |= use.throttled() > 0;
  }
  if (seconds_.size() > window_) seconds_.pop_front();
  if (order_ || seconds_.size() < window_ || second < quiet_until_) return;
  const double utilisation = Utilisation();
  const uint64_t wanted = Wanted(utilisation);
  if (wanted == provisioned_) return;
  v1::ThroughputChange& change = changes_.emplace_back();
  change.set_second(second);
  change.set_from_ru(provisioned_);
  change.set_to_ru(wanted);
  change.set_utilisation(utilisation);
  order_ = Order{static_cast<uint32_t>(changes_.size()), wanted};
}

// Of its share of the throughput, by the busiest partition over the window.
double ThroughputScaler::Utilisation() const {
  std::map<int32_t, uint64_t> sums;
  uint64_t most = 0;
  for (const Second& second : seconds_) {
    for (const auto& [number, milli_ru] : second.milli_ru) {
      most = std::max(most, sums[number] += milli_ru);
    }
  }
  const double share = static_cast<double>(provisioned_) / partitions_;
  return static_cast<double>(most) / 1000 / static_cast<double>(seconds_.size()) / share;
}

// In more than half of the window's seconds: a spike alone is no reason.
bool ThroughputScaler::Throttled() const {
  const auto throttled =
      std::count_if(seconds_.begin(), seconds_.end(), [](const Second& s) { return s.throttled; });
  return 2 * static_cast<size_t>(throttled) > seconds_.size();
}

uint64_t ThroughputScaler::Wanted(double utilisation) const {
  const double target = rule_.target_utilisation();
  const bool throttled = Throttled();
  if (!throttled && utilisation <= target && utilisation >= target / 2) return provisioned_;
  const double factor =
      throttled ? rule_.step() : std::clamp(utilisation / target, 1 / rule_.step(), rule_.step());
  const double ru = factor * static_cast<double>(provisioned_);
  const auto multiples = static_cast<uint64_t>(std::ceil(ru / static_cast<double>(multiple_of_)));
  return std::clamp<uint64_t>(multiples * multiple_of_, rule_.least(),
                              std::max(rule_.least(), rule_.most()));
}

void ThroughputScaler::OnChanged(const v1::ThroughputChanged& changed, uint32_t second) {
  if (!order_ || changed.change() != order_->number) return;
  if (changed.pending()) return;
  v1::ThroughputChange& change = changes_.back();
  order_.reset();
  quiet_until_ = second + cool_down_;
  if (!changed.error().empty()) {
    change.set_error(changed.error());
    return;
  }
  provisioned_ = changed.ru();
  change.set_to_ru(changed.ru());
  change.set_done_second(second);
  if (changed.physical_partitions() > 0) partitions_ = changed.physical_partitions();
  seconds_.clear();
  from_second_ = second + 1;
}

}  // namespace weir
