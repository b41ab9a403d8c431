#include <chrono>
#include <cmath>

#include "backends/cosmos/emulator/sql/date_time.h"
#include "backends/cosmos/emulator/sql/functions.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;

std::optional<Ticks> Time(const Value& value) {
  return value.type() == Type::kString ? ParseDateTime(value.text()) : std::nullopt;
}

std::optional<DatePart> Part(const Value& value) {
  return value.type() == Type::kString ? ParseDatePart(value.text()) : std::nullopt;
}

// A number that is whole and within reach of what times can be.
std::optional<int64_t> Whole(const Value& value) {
  if (value.type() != Type::kNumber || std::trunc(value.number()) != value.number()) return {};
  if (std::fabs(value.number()) > 4e18) return {};
  return static_cast<int64_t>(value.number());
}

Value Text(std::optional<Ticks> ticks) {
  if (!ticks) return {};
  auto text = FormatDateTime(*ticks);
  return text ? Value::String(*std::move(text)) : Value();
}

Value Count(int64_t number) { return Value::Number(static_cast<double>(number)); }

// ----------------------------------------------------------------------------------- now

Value CurrentDateTime(Arguments a) { return Text(static_cast<Ticks>(a[0].number()) * 10); }
Value CurrentTicks(Arguments a) { return Value::Number(a[0].number() * 10); }
Value CurrentTimestamp(Arguments a) { return Value::Number(std::floor(a[0].number() / 1000)); }

// -------------------------------------------------------------------------- calculating

Value Add(Arguments a) {
  const auto part = Part(a[0]);
  const auto count = Whole(a[1]);
  const auto time = Time(a[2]);
  return part && count && time ? Text(AddParts(*part, *count, *time)) : Value();
}

Value Difference(Arguments a) {
  const auto part = Part(a[0]);
  const auto from = Time(a[1]);
  const auto to = Time(a[2]);
  if (!part || !from || !to || *part >= DatePart::kDayOfYear) return {};
  return Count(CountBoundaries(*part, *from, *to));
}

// The beginning of the bin of `size` parts, counted from an origin, in which the time lies.
Value Bin(Arguments a) {
  const auto time = Time(a[0]);
  const auto part = Part(a[1]);
  const auto size = a.size() > 2 ? Whole(a[2]) : std::optional<int64_t>(1);
  const auto origin = a.size() > 3 ? Time(a[3]) : std::optional<Ticks>(0);
  if (!time || !part || !size || !origin || *size <= 0) return {};
  const Ticks unit = *part == DatePart::kNanosecond ? 1 : TicksOf(*part);
  const int64_t count = *part == DatePart::kNanosecond ? (*size + 99) / 100 : *size;
  if (unit == 0 || count > std::numeric_limits<int64_t>::max() / unit) return {};
  const Ticks width = unit * count;
  const Ticks past = *time - *origin;
  const Ticks into = past % width;
  return Text(*time - into - (into < 0 ? width : 0));
}

Value PartOf(Arguments a) {
  const auto part = Part(a[0]);
  const auto time = Time(a[1]);
  if (!part || !time) return {};
  const DateParts p = Split(*time);
  const int64_t day = (*time - (*time % kTicksPerDay + kTicksPerDay) % kTicksPerDay) / kTicksPerDay;
  switch (*part) {
    case DatePart::kYear:
      return Count(p.year);
    case DatePart::kMonth:
      return Count(p.month);
    case DatePart::kDay:
      return Count(p.day);
    case DatePart::kHour:
      return Count(p.hour);
    case DatePart::kMinute:
      return Count(p.minute);
    case DatePart::kSecond:
      return Count(p.second);
    case DatePart::kMillisecond:
      return Count(p.fraction / 10'000);
    case DatePart::kMicrosecond:
      return Count(p.fraction / 10);
    case DatePart::kNanosecond:
      return Count(p.fraction * 100);
    case DatePart::kDayOfYear: {
      const auto first = Combine({.year = p.year});
      return Count((*time - *first) / kTicksPerDay + 1);
    }
    case DatePart::kWeekday: {
      const std::chrono::weekday weekday{std::chrono::sys_days(std::chrono::days(day))};
      return Count(weekday.c_encoding() + 1);
    }
  }
  return {};
}

// ------------------------------------------------------------------------- converting

Value FromParts(Arguments a) {
  DateParts parts;
  int64_t* const places[] = {&parts.year,   &parts.month,  &parts.day,     &parts.hour,
                             &parts.minute, &parts.second, &parts.fraction};
  for (size_t i = 0; i < a.size(); ++i) {
    const auto number = Whole(a[i]);
    if (!number) return {};
    *places[i] = *number;
  }
  return Text(Combine(parts));
}

Value ToTicks(Arguments a) {
  const auto time = Time(a[0]);
  return time ? Count(*time) : Value();
}

Value ToTimestamp(Arguments a) {
  const auto time = Time(a[0]);
  return time ? Value::Number(std::floor(static_cast<double>(*time) / 1e4)) : Value();
}

Value FromTicks(Arguments a) { return Text(Whole(a[0])); }

Value FromTimestamp(Arguments a) {
  const auto ms = Whole(a[0]);
  return ms && std::llabs(*ms) < 400'000'000'000'000 ? Text(*ms * 10'000) : Value();
}

constexpr Function kFunctions[] = {
    {"datetimeadd", 3, 3, &Add},
    {"datetimebin", 2, 4, &Bin},
    {"datetimediff", 3, 3, &Difference},
    {"datetimefromparts", 3, 7, &FromParts},
    {"datetimepart", 2, 2, &PartOf},
    {"datetimetoticks", 1, 1, &ToTicks},
    {"datetimetotimestamp", 1, 1, &ToTimestamp},
    {"getcurrentdatetime", 0, 0, &CurrentDateTime, false, true},
    {"getcurrentdatetimestatic", 0, 0, &CurrentDateTime, false, true},
    {"getcurrentticks", 0, 0, &CurrentTicks, false, true},
    {"getcurrentticksstatic", 0, 0, &CurrentTicks, false, true},
    {"getcurrenttimestamp", 0, 0, &CurrentTimestamp, false, true},
    {"getcurrenttimestampstatic", 0, 0, &CurrentTimestamp, false, true},
    {"tickstodatetime", 1, 1, &FromTicks},
    {"timestamptodatetime", 1, 1, &FromTimestamp},
};

}  // namespace

absl::Span<const Function> DateFunctions() { return kFunctions; }

}  // namespace weir::cosmos::emulator::sql
