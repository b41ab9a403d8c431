#include "coordinator/quantity.h"

#include <array>
#include <limits>
#include <numeric>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/clock.h"
#include "coordinator/problem.h"

namespace weir {
namespace {

__extension__ using Wide = unsigned __int128;

struct Unit {
  absl::string_view name;
  uint64_t factor;
};

constexpr std::array<Unit, 6> kDurations = {{{"ns", 1},
                                             {"us", kNsPerUs},
                                             {"ms", kNsPerMs},
                                             {"s", kNsPerSecond},
                                             {"m", 60 * kNsPerSecond},
                                             {"h", 3600 * kNsPerSecond}}};

constexpr std::array<Unit, 9> kSizes = {{{"B", 1},
                                         {"kB", 1'000},
                                         {"KB", 1'000},
                                         {"MB", 1'000'000},
                                         {"GB", 1'000'000'000},
                                         {"KiB", 1ULL << 10},
                                         {"MiB", 1ULL << 20},
                                         {"GiB", 1ULL << 30},
                                         {"TiB", 1ULL << 40}}};

constexpr uint64_t kLongestDurationNs = 10ULL * 365 * 24 * 3600 * kNsPerSecond;

// A decimal number as an exact fraction: "0.5" is 5 over 10.
struct Fraction {
  uint64_t numerator = 0;
  uint64_t denominator = 1;
};

// Takes a number from the front. At most 18 digits, so that nothing overflows.
std::optional<Fraction> TakeNumber(absl::string_view* text) {
  constexpr int kMostDigits = 18;
  Fraction number;
  int digits = 0;
  bool after_point = false;
  size_t at = 0;
  for (; at < text->size(); ++at) {
    const char c = (*text)[at];
    if (c == '.' && !after_point && digits > 0) {
      after_point = true;
      continue;
    }
    if (!absl::ascii_isdigit(c)) break;
    if (++digits > kMostDigits) return std::nullopt;
    number.numerator = number.numerator * 10 + static_cast<uint64_t>(c - '0');
    if (after_point) number.denominator *= 10;
  }
  if (digits == 0 || (*text)[at - 1] == '.') return std::nullopt;
  text->remove_prefix(at);
  return number;
}

// Takes a unit: the letters at the front.
template <size_t n>
std::optional<uint64_t> TakeUnit(absl::string_view* text, const std::array<Unit, n>& units) {
  size_t letters = 0;
  while (letters < text->size() && absl::ascii_isalpha((*text)[letters])) ++letters;
  const absl::string_view name = text->substr(0, letters);
  text->remove_prefix(letters);
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.factor;
  }
  return std::nullopt;
}

// Numbers with units, added up. Nothing unless the sum is whole and at most `largest`.
template <size_t n>
std::optional<uint64_t> SumOfParts(absl::string_view text, const std::array<Unit, n>& units,
                                   uint64_t largest) {
  Wide sum = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    const std::optional<Fraction> number = TakeNumber(&text);
    if (!number) return std::nullopt;
    const std::optional<uint64_t> factor = TakeUnit(&text, units);
    if (!factor) return std::nullopt;
    const Wide scaled = static_cast<Wide>(number->numerator) * *factor;
    if (scaled % number->denominator != 0) return std::nullopt;
    sum += scaled / number->denominator;
    if (sum > largest) return std::nullopt;
  }
  return static_cast<uint64_t>(sum);
}

absl::Status Wrong(absl::string_view expected, absl::string_view text) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", expected, ", found ", InQuotes(text)));
}

bool IsName(absl::string_view text) {
  if (text.empty() || absl::ascii_isdigit(text[0])) return false;
  for (char c : text) {
    if (!absl::ascii_isalnum(c) && c != '_') return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<v1::Duration> ParseDuration(absl::string_view text) {
  v1::Duration duration;
  if (text == "0") return duration;
  const auto ns = SumOfParts(text, kDurations, kLongestDurationNs);
  if (!ns) return Wrong("a duration with its unit, such as 30s, 250ms or 1m30s", text);
  duration.set_ns(static_cast<int64_t>(*ns));
  return duration;
}

absl::StatusOr<v1::Size> ParseSize(absl::string_view text) {
  const auto bytes = SumOfParts(text, kSizes, std::numeric_limits<int64_t>::max());
  if (!bytes) return Wrong("a size with its unit, such as 10MiB, 64KiB or 512B", text);
  v1::Size size;
  size.set_bytes(*bytes);
  return size;
}

absl::StatusOr<v1::Rate> ParseRate(absl::string_view text) {
  constexpr absl::string_view kExpected = "a rate with its unit, such as 2000/s, 0.5/s or 300/m";
  absl::string_view rest = text;
  const std::optional<Fraction> number = TakeNumber(&rest);
  if (!number || !absl::ConsumePrefix(&rest, "/")) return Wrong(kExpected, text);
  const std::optional<uint64_t> per_ns = TakeUnit(&rest, kDurations);
  if (!per_ns || !rest.empty()) return Wrong(kExpected, text);

  const Wide whole = static_cast<Wide>(number->denominator) * *per_ns;
  if (whole > std::numeric_limits<int64_t>::max()) return Wrong(kExpected, text);
  const auto denominator = static_cast<uint64_t>(whole);
  if (number->numerator > denominator) return Wrong("a rate of at most 1000000000/s", text);
  const uint64_t divisor = std::gcd(number->numerator, denominator);
  v1::Rate rate;
  rate.set_operations(number->numerator / divisor);
  rate.set_per_ns(denominator / divisor);
  return rate;
}

absl::StatusOr<v1::Secret> ParseSecret(absl::string_view text) {
  v1::Secret secret;
  absl::string_view rest = text;
  if (absl::ConsumePrefix(&rest, "${env:") && absl::ConsumeSuffix(&rest, "}") && IsName(rest)) {
    secret.set_env(std::string(rest));
    return secret;
  }
  rest = text;
  if (absl::ConsumePrefix(&rest, "${file:") && absl::ConsumeSuffix(&rest, "}") && !rest.empty()) {
    secret.set_file(std::string(rest));
    return secret;
  }
  return absl::InvalidArgumentError(
      "a secret is never written into a campaign; refer to it as ${env:NAME} or ${file:PATH}");
}

std::string FormatDuration(int64_t ns) {
  if (ns == 0) return "0s";
  std::string text;
  auto rest = static_cast<uint64_t>(ns);
  for (auto unit = kDurations.rbegin(); unit != kDurations.rend(); ++unit) {
    if (rest < unit->factor) continue;
    absl::StrAppend(&text, rest / unit->factor, unit->name);
    rest %= unit->factor;
  }
  return text;
}

}  // namespace weir
