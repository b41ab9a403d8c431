#include "backends/cosmos/emulator/sql/date_time.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "absl/strings/str_format.h"

#include "backends/cosmos/emulator/sql/characters.h"

namespace weir::cosmos::emulator::sql {
namespace {

using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr Ticks kEarliest = -62'135'596'800 * kTicksPerSecond;  // of the year 1
constexpr Ticks kLatest = 253'402'300'800 * kTicksPerSecond;    // end of the year 9999

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }

bool IsInRange(Ticks ticks) { return ticks >= kEarliest && ticks < kLatest; }

year_month_day Date(int64_t year, int64_t month, int64_t day) {
  return {std::chrono::year(static_cast<int>(year)),
          std::chrono::month(static_cast<unsigned>(month)),
          std::chrono::day(static_cast<unsigned>(day))};
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  bool Digits(size_t count, int64_t* number) {
    if (text_.size() < count) return false;
    *number = 0;
    for (const char c : text_.substr(0, count)) {
      if (c < '0' || c > '9') return false;
      *number = *number * 10 + (c - '0');
    }
    text_.remove_prefix(count);
    return true;
  }
  bool Accept(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // Up to seven digits behind the point.
  bool Fraction(int64_t* ticks) {
    int64_t scale = kTicksPerSecond;
    int64_t digit = 0;
    *ticks = 0;
    while (scale > 1 && Digits(1, &digit)) *ticks += digit * (scale /= 10);
    return scale < kTicksPerSecond;
  }
  bool AtEnd() const { return text_.empty(); }

 private:
  std::string_view text_;
};

// Seconds east of UTC.
bool ReadZone(Reader* reader, int64_t* seconds) {
  *seconds = 0;
  if (reader->Accept('Z') || reader->AtEnd()) return reader->AtEnd();
  const bool east = reader->Accept('+');
  int64_t hours = 0;
  int64_t minutes = 0;
  if (!east && !reader->Accept('-')) return false;
  if (!reader->Digits(2, &hours) || !reader->Accept(':') || !reader->Digits(2, &minutes)) {
    return false;
  }
  *seconds = (east ? 1 : -1) * (hours * 3600 + minutes * 60);
  return reader->AtEnd();
}

}  // namespace

std::optional<Ticks> ParseDateTime(std::string_view text) {
  Reader reader(text);
  DateParts parts;
  int64_t zone = 0;
  if (!reader.Digits(4, &parts.year) || !reader.Accept('-') || !reader.Digits(2, &parts.month) ||
      !reader.Accept('-') || !reader.Digits(2, &parts.day)) {
    return std::nullopt;
  }
  if (reader.Accept('T')) {
    if (!reader.Digits(2, &parts.hour) || !reader.Accept(':') || !reader.Digits(2, &parts.minute)) {
      return std::nullopt;
    }
    if (reader.Accept(':') && !reader.Digits(2, &parts.second)) return std::nullopt;
    if (reader.Accept('.') && !reader.Fraction(&parts.fraction)) return std::nullopt;
  }
  if (!ReadZone(&reader, &zone)) return std::nullopt;
  auto ticks = Combine(parts);
  if (ticks) *ticks -= zone * kTicksPerSecond;
  return ticks && IsInRange(*ticks) ? ticks : std::nullopt;
}

std::optional<std::string> FormatDateTime(Ticks ticks) {
  if (!IsInRange(ticks)) return std::nullopt;
  const DateParts p = Split(ticks);
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%07dZ", p.year, p.month, p.day, p.hour,
                         p.minute, p.second, p.fraction);
}

DateParts Split(Ticks ticks) {
  const int64_t days = FloorDivide(ticks, kTicksPerDay);
  int64_t rest = ticks - days * kTicksPerDay;
  const year_month_day date{sys_days(std::chrono::days(days))};
  DateParts parts;
  parts.year = int{date.year()};
  parts.month = unsigned{date.month()};
  parts.day = unsigned{date.day()};
  parts.fraction = rest % kTicksPerSecond;
  rest /= kTicksPerSecond;
  parts.hour = rest / 3600;
  parts.minute = rest / 60 % 60;
  parts.second = rest % 60;
  return parts;
}

std::optional<Ticks> Combine(const DateParts& p) {
  const auto is_within = [](int64_t value, int64_t low, int64_t high) {
    return value >= low && value <= high;
  };
  if (!is_within(p.year, 1, 9999) || !is_within(p.month, 1, 12) || !is_within(p.day, 1, 31) ||
      !is_within(p.hour, 0, 23) || !is_within(p.minute, 0, 59) || !is_within(p.second, 0, 59) ||
      !is_within(p.fraction, 0, kTicksPerSecond - 1)) {
    return std::nullopt;
  }
  const year_month_day date = Date(p.year, p.month, p.day);
  if (!date.ok()) return std::nullopt;
  const int64_t days = sys_days(date).time_since_epoch().count();
  const int64_t seconds = ((days * 24 + p.hour) * 60 + p.minute) * 60 + p.second;
  return seconds * kTicksPerSecond + p.fraction;
}

std::optional<DatePart> ParseDatePart(std::string_view name) {
  struct Named {
    std::string_view name;
    DatePart part;
  };
  static constexpr Named kParts[] = {
      {"year", DatePart::kYear},       {"yyyy", DatePart::kYear},
      {"yy", DatePart::kYear},         {"month", DatePart::kMonth},
      {"mm", DatePart::kMonth},        {"m", DatePart::kMonth},
      {"day", DatePart::kDay},         {"dd", DatePart::kDay},
      {"d", DatePart::kDay},           {"hour", DatePart::kHour},
      {"hh", DatePart::kHour},         {"minute", DatePart::kMinute},
      {"mi", DatePart::kMinute},       {"n", DatePart::kMinute},
      {"second", DatePart::kSecond},   {"ss", DatePart::kSecond},
      {"s", DatePart::kSecond},        {"millisecond", DatePart::kMillisecond},
      {"ms", DatePart::kMillisecond},  {"microsecond", DatePart::kMicrosecond},
      {"mcs", DatePart::kMicrosecond}, {"nanosecond", DatePart::kNanosecond},
      {"ns", DatePart::kNanosecond},   {"dayofyear", DatePart::kDayOfYear},
      {"dy", DatePart::kDayOfYear},    {"weekday", DatePart::kWeekday},
      {"dw", DatePart::kWeekday},
  };
  const std::string lower = Lowered(name);
  for (const Named& named : kParts) {
    if (named.name == lower) return named.part;
  }
  return std::nullopt;
}

Ticks TicksOf(DatePart part) {
  switch (part) {
    case DatePart::kDay:
      return kTicksPerDay;
    case DatePart::kHour:
      return 3600 * kTicksPerSecond;
    case DatePart::kMinute:
      return 60 * kTicksPerSecond;
    case DatePart::kSecond:
      return kTicksPerSecond;
    case DatePart::kMillisecond:
      return kTicksPerSecond / 1'000;
    case DatePart::kMicrosecond:
      return kTicksPerSecond / 1'000'000;
    default:
      return 0;
  }
}

std::optional<Ticks> AddParts(DatePart part, int64_t count, Ticks ticks) {
  if (part == DatePart::kYear || part == DatePart::kMonth) {
    if (count < -200'000 || count > 200'000) return std::nullopt;
    DateParts parts = Split(ticks);
    const int64_t months =
        parts.year * 12 + parts.month - 1 + count * (part == DatePart::kYear ? 12 : 1);
    parts.year = FloorDivide(months, 12);
    parts.month = months - parts.year * 12 + 1;
    if (parts.year < 1 || parts.year > 9999) return std::nullopt;
    const std::chrono::year_month_day_last last{
        std::chrono::year(static_cast<int>(parts.year)),
        std::chrono::month_day_last(std::chrono::month(static_cast<unsigned>(parts.month)))};
    parts.day = std::min<int64_t>(parts.day, unsigned{last.day()});
    return Combine(parts);
  }
  const Ticks unit = part == DatePart::kNanosecond ? 1 : TicksOf(part);
  if (unit == 0) return std::nullopt;
  if (part == DatePart::kNanosecond) count /= 100;
  const int64_t most = (kLatest - kEarliest) / unit;
  if (count > most || count < -most) return std::nullopt;
  const Ticks sum = ticks + count * unit;
  return IsInRange(sum) ? std::optional(sum) : std::nullopt;
}

int64_t CountBoundaries(DatePart part, Ticks from, Ticks to) {
  if (part == DatePart::kYear) return Split(to).year - Split(from).year;
  if (part == DatePart::kMonth) {
    const DateParts a = Split(from);
    const DateParts b = Split(to);
    return (b.year - a.year) * 12 + b.month - a.month;
  }
  if (part == DatePart::kNanosecond) return (to - from) * 100;
  const Ticks unit = TicksOf(part);
  return FloorDivide(to, unit) - FloorDivide(from, unit);
}

}  // namespace weir::cosmos::emulator::sql
