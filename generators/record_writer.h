// Writes records as text, one line each: JSON Lines, or CSV with a header line (RFC 4180 quoting,
// lines ended by LF). Timestamps are ISO 8601 UTC with microseconds. Immutable; any thread.
// `schema` outlives it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/api/record.h"

namespace weir {

enum class RecordFormat : uint8_t { kJsonLines, kCsv };

// "jsonl" or "csv".
absl::StatusOr<RecordFormat> RecordFormatNamed(std::string_view name);

class RecordWriter {
 public:
  RecordWriter(const RecordSchema& schema, RecordFormat format);

  // Appends the header line, if the format has one.
  void WriteHeader(std::string* out) const;
  // Appends one line.
  void Write(const Record& record, std::string* out) const;

 private:
  void WriteJson(const Record& record, std::string* out) const;
  void WriteCsv(const Record& record, std::string* out) const;

  const RecordSchema& schema_;
  RecordFormat format_;
  std::vector<std::string> json_keys_;  // `{"id":`, `,"timestamp":`, …
};

// "2025-01-01T00:00:00.000000Z", for years 1 to 9999.
void AppendTimestamp(int64_t us, std::string* out);
// With the quotes.
void AppendJsonText(std::string_view text, std::string* out);

}  // namespace weir
