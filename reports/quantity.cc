#include "reports/quantity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace weir {
namespace {

// Three significant digits, trailing zeros kept so that columns line up: 1.20, 12.4, 124.
std::string ThreeDigits(double value) {
  const int decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return absl::StrFormat("%.*f", decimals, value);
}

std::string WithSeparators(double value) {
  std::string digits = absl::StrFormat("%.0f", value);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, ",");
  return digits;
}

std::string Scaled(double value, double step, std::initializer_list<const char*> units) {
  const char* const* unit = units.begin();
  while (value >= step && unit + 1 != units.end()) {
    value /= step;
    ++unit;
  }
  return absl::StrCat(ThreeDigits(value), " ", *unit);
}

std::string MinutesText(double seconds) {
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  if (whole < 3600) return absl::StrCat(whole / 60, " min ", whole % 60, " s");
  return absl::StrCat(whole / 3600, " h ", whole % 3600 / 60, " min");
}

std::string Utc(int64_t unix_ns, const char* format) {
  const time_t seconds = unix_ns / 1'000'000'000;
  tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text;
  return {text.data(), strftime(text.data(), text.size(), format, &parts)};
}

}  // namespace

std::string CountText(double value) {
  if (value < 0) return "-" + CountText(-value);
  if (value >= 1e7) return Scaled(value / 1e6, 1e3, {"M", "G", "T"});
  if (value >= 99.95 || value == std::floor(value)) return WithSeparators(value);
  return ThreeDigits(value);
}

std::string DurationText(double us) {
  if (us < 0) return "-" + DurationText(-us);
  if (us == 0) return "0 s";
  if (us < 1) return absl::StrCat(ThreeDigits(us * 1e3), " ns");
  if (us < 59.995e6) {
    std::string text = Scaled(us, 1e3, {"µs", "ms", "s"});
    return text;
  }
  return MinutesText(us / 1e6);
}

std::string ShareText(double share) {
  const double percent = share * 100;
  if (percent == 0) return "0 %";
  if (percent < 0.001) return "< 0.001 %";
  if (percent < 0.1) return absl::StrFormat("%.3f %%", percent);
  if (percent == 100) return "100 %";
  return ThreeDigits(std::min(percent, 99.9)) + " %";
}

std::string BytesText(double bytes) {
  if (bytes < 1024) return absl::StrFormat("%.0f B", bytes);
  return Scaled(bytes / 1024, 1024, {"KiB", "MiB", "GiB", "TiB"});
}

std::string UtcText(int64_t unix_ns) { return Utc(unix_ns, "%Y-%m-%d %H:%M:%S UTC"); }
std::string UtcIso(int64_t unix_ns) { return Utc(unix_ns, "%Y-%m-%dT%H:%M:%SZ"); }

}  // namespace weir
