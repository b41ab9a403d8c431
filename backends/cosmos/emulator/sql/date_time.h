// Points in time as the language has them: texts in ISO 8601 and counts of 100 ns since 1970, UTC.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weir::cosmos::emulator::sql {

using Ticks = int64_t;  // of 100 ns, since 1970-01-01T00:00:00Z

inline constexpr Ticks kTicksPerSecond = 10'000'000;
inline constexpr Ticks kTicksPerDay = 86'400 * kTicksPerSecond;

enum class DatePart {
  kYear,
  kMonth,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kMillisecond,
  kMicrosecond,
  kNanosecond,
  kDayOfYear,
  kWeekday,  // Sunday is 1
};

// A point in time taken apart; `fraction` in ticks.
struct DateParts {
  int64_t year = 1970;
  int64_t month = 1;
  int64_t day = 1;
  int64_t hour = 0;
  int64_t minute = 0;
  int64_t second = 0;
  int64_t fraction = 0;
};

// "yyyy-mm-dd[Thh:mm[:ss[.fffffff]][Z|±hh:mm]]"; without a zone it is UTC.
std::optional<Ticks> ParseDateTime(std::string_view text);
// "yyyy-mm-ddThh:mm:ss.fffffffZ"; nothing outside the years 1 to 9999.
std::optional<std::string> FormatDateTime(Ticks ticks);

DateParts Split(Ticks ticks);
// Nothing for a date that there is not.
std::optional<Ticks> Combine(const DateParts& parts);

// "year", "yyyy", "yy", …, in any case.
std::optional<DatePart> ParseDatePart(std::string_view name);
// Of the parts from days down to microseconds; 0 for the others.
Ticks TicksOf(DatePart part);

// nullopt when the result lies outside the years 1 to 9999.
std::optional<Ticks> AddParts(DatePart part, int64_t count, Ticks ticks);
// How many beginnings of such a part lie between the two.
int64_t CountBoundaries(DatePart part, Ticks from, Ticks to);

}  // namespace weir::cosmos::emulator::sql
