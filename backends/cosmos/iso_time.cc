#include "backends/cosmos/iso_time.h"

#include <cstring>

namespace weir::cosmos {
namespace {

constexpr int64_t kUsPerSecond = 1'000'000;
constexpr int64_t kUsPerDay = 86'400 * kUsPerSecond;
constexpr std::string_view kShape = "0000-00-00T00:00:00.000000Z";

struct CivilDay {
  int64_t year;
  int month;
  int day;
};

// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days, days_from_civil.
CivilDay CivilFromDays(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const int64_t doe = days - era * 146'097;
  const int64_t yoe = (doe - doe / 1'460 + doe / 36'524 - doe / 146'096) / 365;
  const int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const int64_t mp = (5 * doy + 2) / 153;
  const int month = static_cast<int>(mp < 10 ? mp + 3 : mp - 9);
  return {yoe + era * 400 + (month <= 2), month, static_cast<int>(doy - (153 * mp + 2) / 5 + 1)};
}

int64_t DaysFromCivil(CivilDay civil) {
  const int64_t year = civil.year - (civil.month <= 2);
  const int64_t era = (year >= 0 ? year : year - 399) / 400;
  const int64_t yoe = year - era * 400;
  const int64_t doy = (153 * (civil.month + (civil.month > 2 ? -3 : 9)) + 2) / 5 + civil.day - 1;
  return era * 146'097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719'468;
}

// Two digits; what is not below 100 loses the ones before.
void PutPair(uint64_t value, char* at) {
  const auto pair = static_cast<unsigned>(value % 100);
  at[0] = static_cast<char>('0' + pair / 10);
  at[1] = static_cast<char>('0' + pair % 10);
}

int64_t Digits(std::string_view text, size_t at, size_t digits) {
  int64_t value = 0;
  for (char c : text.substr(at, digits)) value = value * 10 + (c - '0');
  return value;
}

bool HasShape(std::string_view text) {
  if (text.size() != kShape.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return false;
  }
  return true;
}

}  // namespace

void PutIsoTime(int64_t unix_us, char* text) {
  int64_t days = unix_us / kUsPerDay;
  int64_t us = unix_us % kUsPerDay;
  if (us < 0) {
    us += kUsPerDay;
    --days;
  }
  const CivilDay civil = CivilFromDays(days);
  std::memcpy(text, kShape.data(), kIsoTimeLength);
  const auto year = static_cast<uint64_t>(civil.year);
  const auto seconds = static_cast<uint32_t>(us / kUsPerSecond);
  const auto rest = static_cast<uint32_t>(us % kUsPerSecond);
  PutPair(year / 100, text);
  PutPair(year, text + 2);
  PutPair(static_cast<uint64_t>(civil.month), text + 5);
  PutPair(static_cast<uint64_t>(civil.day), text + 8);
  PutPair(seconds / 3'600, text + 11);
  PutPair(seconds / 60 % 60, text + 14);
  PutPair(seconds % 60, text + 17);
  PutPair(rest / 10'000, text + 20);
  PutPair(rest / 100, text + 22);
  PutPair(rest, text + 24);
}

void AppendIsoTime(int64_t unix_us, std::string* out) {
  char text[kIsoTimeLength];
  PutIsoTime(unix_us, text);
  out->append(text, kIsoTimeLength);
}

std::optional<int64_t> ParseIsoTime(std::string_view text) {
  if (!HasShape(text)) return std::nullopt;
  const CivilDay civil{Digits(text, 0, 4), static_cast<int>(Digits(text, 5, 2)),
                       static_cast<int>(Digits(text, 8, 2))};
  const int64_t seconds =
      Digits(text, 11, 2) * 3'600 + Digits(text, 14, 2) * 60 + Digits(text, 17, 2);
  return DaysFromCivil(civil) * kUsPerDay + seconds * kUsPerSecond + Digits(text, 20, 6);
}

}  // namespace weir::cosmos
