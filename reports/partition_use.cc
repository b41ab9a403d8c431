#include "reports/partition_use.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "reports/quantity.h"

namespace weir {
namespace {

constexpr size_t kMostKeysInText = 3;
// A key that takes less says nothing about the throughput.
constexpr double kLeastKeyShare = 0.01;
constexpr double kEvenSkew = 1.01;

v1::PartitionUse Sum(const v1::Leg& leg) {
  v1::PartitionUse sum;
  for (const v1::PartitionUse& use : leg.partitions()) {
    sum.set_attempts(sum.attempts() + use.attempts());
    sum.set_throttled(sum.throttled() + use.throttled());
    sum.set_milli_ru(sum.milli_ru() + use.milli_ru());
    sum.set_refused_milli_ru(sum.refused_milli_ru() + use.refused_milli_ru());
  }
  return sum;
}

const v1::PhaseSpan* MeasureSpan(const v1::Leg& leg) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == v1::PHASE_MEASURE) return &span;
  }
  return nullptr;
}

}  // namespace

std::vector<v1::PartitionUse> BusiestPartitions(const v1::Leg& leg, size_t most) {
  std::vector<v1::PartitionUse> uses(leg.partitions().begin(), leg.partitions().end());
  const auto weight = [](const v1::PartitionUse& use) {
    return std::pair(use.milli_ru(), use.attempts());
  };
  std::stable_sort(uses.begin(), uses.end(),
                   [&](const auto& a, const auto& b) { return weight(a) > weight(b); });
  if (uses.size() > most) uses.resize(most);
  return uses;
}

uint64_t PhysicalPartitions(const v1::Leg& leg) {
  const auto used = static_cast<uint64_t>(leg.partitions_size());
  return leg.physical_partitions() > 0 ? leg.physical_partitions() : used;
}

double PartitionSkew(const v1::Leg& leg) {
  const uint64_t sum = Sum(leg).milli_ru();
  if (sum == 0) return 0;
  const uint64_t most = BusiestPartitions(leg, 1)[0].milli_ru();
  const auto partitions = static_cast<double>(PhysicalPartitions(leg));
  return static_cast<double>(most) * partitions / static_cast<double>(sum);
}

double MeanProvisionedRu(const v1::Leg& leg) {
  auto ru = static_cast<double>(leg.provisioned_ru());
  const v1::PhaseSpan* span = MeasureSpan(leg);
  if (ru == 0 || span == nullptr || span->duration_ns() <= 0) return ru;
  const double begin = span->first_second();
  const double end = begin + static_cast<double>(span->duration_ns()) / 1e9;
  double area = 0;
  double since = begin;
  for (const v1::ThroughputChange& change : leg.throughput_changes()) {
    if (!change.error().empty() || change.done_second() == 0) continue;
    const double at = std::clamp(static_cast<double>(change.done_second()), since, end);
    area += ru * (at - since);
    since = at;
    ru = static_cast<double>(change.to_ru());
  }
  return (area + ru * (end - since)) / (end - begin);
}

std::string UtilisationText(const v1::Leg& leg) {
  const double provisioned = MeanProvisionedRu(leg);
  const v1::PartitionUse sum = Sum(leg);
  const v1::PhaseSpan* span = MeasureSpan(leg);
  if (provisioned == 0 || sum.milli_ru() == 0 || span == nullptr || span->duration_ns() <= 0) {
    return "";
  }
  const double seconds = static_cast<double>(span->duration_ns()) / 1e9;
  const double used = static_cast<double>(sum.milli_ru() - sum.refused_milli_ru()) / 1e3 / seconds;
  const double throttled = static_cast<double>(sum.throttled()) /
                           static_cast<double>(std::max<uint64_t>(1, sum.attempts()));
  std::string text = absl::StrCat("utilisation: ", ShareText(used / provisioned), " of the ",
                                  CountText(provisioned), " RU/s provisioned; ",
                                  ShareText(throttled), " of the requests throttled");
  const double skew = PartitionSkew(leg);
  if (PhysicalPartitions(leg) < 2 || skew < kEvenSkew) return text;
  return absl::StrCat(text, "; the busiest of ", PhysicalPartitions(leg), " partitions took ",
                      absl::StrFormat("%.2f", skew),
                      " times the mean, so that keys like these can "
                      "use at most ",
                      ShareText(1 / skew));
}

std::vector<HotKey> HotKeys(const v1::Leg& leg) {
  const v1::PartitionUse sum = Sum(leg);
  std::vector<HotKey> keys;
  for (const v1::KeyUse& use : leg.hot_keys()) {
    const uint64_t least = use.operations() - use.most_too_high();
    const bool charged = sum.milli_ru() > 0;
    const double share =
        charged ? static_cast<double>(use.milli_ru()) / static_cast<double>(sum.milli_ru())
                : static_cast<double>(least) /
                      static_cast<double>(std::max<uint64_t>(1, sum.attempts()));
    if (share < kLeastKeyShare || least < 2) continue;
    const std::string most = CountText(static_cast<double>(use.operations()));
    keys.push_back({use.key(),
                    use.most_too_high() == 0
                        ? most
                        : absl::StrCat(CountText(static_cast<double>(least)), " – ", most),
                    CountText(static_cast<double>(use.milli_ru()) / 1e3), share});
  }
  std::stable_sort(keys.begin(), keys.end(),
                   [](const HotKey& a, const HotKey& b) { return a.share > b.share; });
  return keys;
}

std::string HotKeysText(const v1::Leg& leg) {
  std::vector<HotKey> keys = HotKeys(leg);
  if (keys.empty()) return "";
  if (keys.size() > kMostKeysInText) keys.resize(kMostKeysInText);
  return absl::StrCat("hottest partition keys: ",
                      absl::StrJoin(keys, ", ",
                                    [](std::string* out, const HotKey& key) {
                                      absl::StrAppend(out, key.key, " ", ShareText(key.share));
                                    }),
                      " of the request units");
}

}  // namespace weir
