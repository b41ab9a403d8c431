#include "generators/record_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "absl/strings/str_cat.h"

#include "generators/text_appender.h"

namespace weir {
namespace {

struct Date {
  int64_t year;
  uint32_t month;
  uint32_t day;
};

// Howard Hinnant's civil_from_days: the proleptic Gregorian calendar, years beginning in March.
Date DateOfDay(int64_t days_since_1970) {
  const int64_t shifted = days_since_1970 + 719'468;
  const int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const uint32_t day_of_era = static_cast<uint32_t>(shifted - era * 146'097);
  const uint32_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const uint32_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const uint32_t march_month = (5 * day_of_year + 2) / 153;
  const uint32_t month = march_month < 10 ? march_month + 3 : march_month - 9;
  return {static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0), month,
          day_of_year - (153 * march_month + 2) / 5 + 1};
}

void AppendCsvText(std::string_view text, std::string* out) {
  const auto needs_quotes = [](char c) { return c == '"' || c == ',' || c == '\r' || c == '\n'; };
  if (std::none_of(text.begin(), text.end(), needs_quotes)) {
    out->append(text);
    return;
  }
  out->push_back('"');
  for (char c : text) {
    if (c == '"') out->push_back('"');
    out->push_back(c);
  }
  out->push_back('"');
}

// The shortest digits that read back as the same number.
void AppendReal(double real, std::string* out) {
  if (!std::isfinite(real)) return (void)out->append("null");  // JSON has no such numbers
  char digits[32];
  const auto [end, error] = std::to_chars(digits, digits + sizeof(digits), real);
  out->append(digits, end);
}

void AppendJsonEscape(char c, std::string* out) {
  switch (c) {
    case '"':
      return (void)out->append("\\\"");
    case '\\':
      return (void)out->append("\\\\");
    case '\n':
      return (void)out->append("\\n");
    case '\r':
      return (void)out->append("\\r");
    case '\t':
      return (void)out->append("\\t");
    default:
      out->append("\\u00");
      out->push_back("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
      out->push_back("0123456789abcdef"[c & 15]);
  }
}

// A value that both formats write alike.
void AppendPlain(FieldType type, const Value& value, std::string* out) {
  if (type == FieldType::kInt64) return absl::StrAppend(out, value.integer());
  if (type == FieldType::kDouble) return AppendReal(value.real(), out);
  if (type == FieldType::kBool) return absl::StrAppend(out, value.boolean() ? "true" : "false");
  AppendTimestamp(value.integer(), out);
}

}  // namespace

void AppendTimestamp(int64_t us, std::string* out) {
  constexpr int64_t kDayUs = int64_t{86'400} * 1'000'000;
  const int64_t day = us / kDayUs - (us % kDayUs < 0 ? 1 : 0);
  const uint64_t within = static_cast<uint64_t>(us - day * kDayUs);
  const Date date = DateOfDay(day);
  char buffer[32];
  TextAppender text(buffer);
  const auto part = [&text](uint64_t number, int digits, char end) {
    text.PaddedDecimal(number, digits);
    text.Append(end);
  };
  part(static_cast<uint64_t>(date.year), 4, '-');
  part(date.month, 2, '-');
  part(date.day, 2, 'T');
  part(within / 3'600'000'000, 2, ':');
  part(within / 60'000'000 % 60, 2, ':');
  part(within / 1'000'000 % 60, 2, '.');
  part(within % 1'000'000, 6, 'Z');
  out->append(buffer, text.size());
}

void AppendJsonText(std::string_view text, std::string* out) {
  out->push_back('"');
  size_t plain = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (static_cast<unsigned char>(text[i]) >= 0x20 && text[i] != '"' && text[i] != '\\') continue;
    out->append(text, plain, i - plain);
    AppendJsonEscape(text[i], out);
    plain = i + 1;
  }
  out->append(text, plain);
  out->push_back('"');
}

absl::StatusOr<RecordFormat> RecordFormatNamed(std::string_view name) {
  if (name == "jsonl") return RecordFormat::kJsonLines;
  if (name == "csv") return RecordFormat::kCsv;
  return absl::InvalidArgumentError(
      absl::StrCat("no format ", std::string(name), "; there are: jsonl, csv"));
}

RecordWriter::RecordWriter(const RecordSchema& schema, RecordFormat format)
    : schema_(schema), format_(format) {
  for (const Field& field : schema.fields) {
    json_keys_.push_back(absl::StrCat(json_keys_.empty() ? "{" : ",", "\"", field.name, "\":"));
  }
}

void RecordWriter::WriteHeader(std::string* out) const {
  if (format_ != RecordFormat::kCsv) return;
  for (size_t i = 0; i < schema_.fields.size(); ++i) {
    absl::StrAppend(out, i == 0 ? "" : ",", schema_.fields[i].name);
  }
  out->push_back('\n');
}

void RecordWriter::Write(const Record& record, std::string* out) const {
  format_ == RecordFormat::kCsv ? WriteCsv(record, out) : WriteJson(record, out);
}

void RecordWriter::WriteJson(const Record& record, std::string* out) const {
  for (size_t i = 0; i < json_keys_.size(); ++i) {
    const FieldType type = schema_.fields[i].type;
    out->append(json_keys_[i]);
    if (type == FieldType::kText) {
      AppendJsonText(record[i].text(), out);
      continue;
    }
    if (type == FieldType::kTimestamp) out->push_back('"');
    AppendPlain(type, record[i], out);
    if (type == FieldType::kTimestamp) out->push_back('"');
  }
  out->append("}\n");
}

void RecordWriter::WriteCsv(const Record& record, std::string* out) const {
  for (size_t i = 0; i < schema_.fields.size(); ++i) {
    if (i > 0) out->push_back(',');
    if (schema_.fields[i].type == FieldType::kText) {
      AppendCsvText(record[i].text(), out);
    } else {
      AppendPlain(schema_.fields[i].type, record[i], out);
    }
  }
  out->push_back('\n');
}

}  // namespace weir
