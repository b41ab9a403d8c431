#include "backends/cosmos/partition_ranges.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir::cosmos {
namespace {

absl::Status NoRanges(absl::string_view why) {
  return absl::DataLossError(absl::StrCat("the server's list of partition key ranges ", why));
}

std::string StringAt(const nlohmann::json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A string by Azure; some servers write a number.
std::string IdOf(const nlohmann::json& range) {
  const auto found = range.find("id");
  const bool number = found != range.end() && found->is_number_unsigned();
  return number ? found->dump() : StringAt(range, "id");
}

absl::StatusOr<PartitionRange> ParseRange(const nlohmann::json& json, int32_t place) {
  const auto min = EffectivePartitionKey::FromHex(StringAt(json, "minInclusive"));
  const auto max = EffectivePartitionKey::FromHex(StringAt(json, "maxExclusive"));
  PartitionRange range{.id = IdOf(json), .number = place, .min = {}, .max = {}};
  if (!min || !max || range.id.empty()) return NoRanges("holds one without id or bounds");
  range.min = *min;
  range.max = *max;
  const char* end = range.id.data() + range.id.size();
  int32_t number;
  const auto parsed = std::from_chars(range.id.data(), end, number);
  if (parsed.ec == std::errc() && parsed.ptr == end) range.number = number;
  return range;
}

bool CoverKeySpace(const std::vector<PartitionRange>& ranges) {
  if (ranges.empty() || ranges.front().min != EffectivePartitionKey() ||
      ranges.back().max != EndOfKeySpace()) {
    return false;
  }
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].min != ranges[i - 1].max) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<PartitionRanges> PartitionRanges::Parse(std::string_view text) {
  const nlohmann::json json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return NoRanges("is not JSON");
  const auto list = json.find("PartitionKeyRanges");
  if (list == json.end() || !list->is_array()) return NoRanges("is missing");
  std::vector<PartitionRange> ranges;
  for (const nlohmann::json& item : *list) {
    if (!item.is_object()) return NoRanges("holds something else");
    WEIR_ASSIGN_OR_RETURN(PartitionRange range,
                          ParseRange(item, static_cast<int32_t>(ranges.size())));
    ranges.push_back(std::move(range));
  }
  std::sort(ranges.begin(), ranges.end(),
            [](const PartitionRange& a, const PartitionRange& b) { return a.min < b.min; });
  if (!CoverKeySpace(ranges)) return NoRanges("leaves gaps in the key space");
  return PartitionRanges(std::move(ranges));
}

size_t PartitionRanges::Find(const EffectivePartitionKey& key) const {
  const auto after = std::upper_bound(
      ranges_.begin(), ranges_.end(), key,
      [](const EffectivePartitionKey& k, const PartitionRange& range) { return k < range.min; });
  return after == ranges_.begin() ? 0 : static_cast<size_t>(after - ranges_.begin()) - 1;
}

std::shared_ptr<const PartitionRanges> RangeDirectory::Get() const {
  const std::lock_guard lock(mutex_);
  return ranges_;
}

void RangeDirectory::Set(PartitionRanges ranges) {
  auto shared = std::make_shared<const PartitionRanges>(std::move(ranges));
  const std::lock_guard lock(mutex_);
  ranges_ = std::move(shared);
  version_.fetch_add(1, std::memory_order_release);
}

}  // namespace weir::cosmos
