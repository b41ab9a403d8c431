#include <array>
#include <charconv>
#include <cmath>

#include "absl/strings/str_replace.h"

#include "reports/metrics.h"
#include "reports/quantity.h"

namespace weir {
namespace {

int Decimals(Unit unit) {
  switch (unit) {
    case Unit::kCount:
    case Unit::kBytes:
      return 0;
    case Unit::kShare:
      return 6;
    default:
      return 3;
  }
}

std::string Infinite(double timeout_us) {
  if (timeout_us <= 0) return "no success";
  return "> " + absl::StrReplaceAll(DurationText(timeout_us), {{".00 ", " "}, {".0 ", " "}});
}

}  // namespace

std::string MachineText(const Metric& metric, std::optional<double> value) {
  if (!value) return "";
  if (std::isinf(*value)) return "inf";
  std::array<char, 64> text;
  const auto result = std::to_chars(text.data(), text.data() + text.size(), *value,
                                    std::chars_format::fixed, Decimals(metric.unit));
  return {text.data(), result.ptr};
}

std::string HumanText(const Metric& metric, std::optional<double> value, double timeout_us) {
  if (!value) return "–";
  if (std::isinf(*value)) return Infinite(timeout_us);
  switch (metric.unit) {
    case Unit::kCount:
      return CountText(*value);
    case Unit::kSeconds:
      return DurationText(*value * 1e6);
    case Unit::kMicroseconds:
      return DurationText(*value);
    case Unit::kPerSecond:
      return CountText(*value) + " /s";
    case Unit::kShare:
      return ShareText(*value);
    case Unit::kRu:
      return CountText(*value) + " RU";
    case Unit::kRuPerSecond:
      return CountText(*value) + " RU/s";
    case Unit::kBytes:
      return BytesText(*value);
  }
  return "–";
}

absl::string_view UnitName(Unit unit) {
  switch (unit) {
    case Unit::kCount:
      return "count";
    case Unit::kSeconds:
      return "s";
    case Unit::kMicroseconds:
      return "µs";
    case Unit::kPerSecond:
      return "1/s";
    case Unit::kShare:
      return "share, 0 … 1";
    case Unit::kRu:
      return "RU";
    case Unit::kRuPerSecond:
      return "RU/s";
    case Unit::kBytes:
      return "bytes";
  }
  return "";
}

}  // namespace weir
