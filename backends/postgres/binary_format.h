// PostgreSQL's binary formats of values: network byte order; timestamps count from 2000.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include "backends/api/record.h"

namespace weir {

inline constexpr int64_t kPostgresEpochUs = 946'684'800'000'000;  // 2000-01-01 from 1970, in µs

inline void AppendInt16(std::string* out, uint16_t value) {
  const char bytes[] = {static_cast<char>(value >> 8), static_cast<char>(value)};
  out->append(bytes, sizeof(bytes));
}

inline void AppendInt32(std::string* out, uint32_t value) {
  value = __builtin_bswap32(value);
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

inline void AppendInt64(std::string* out, uint64_t value) {
  value = __builtin_bswap64(value);
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

static_assert(std::endian::native == std::endian::little);

inline void AppendBinary(std::string* out, FieldType type, const Value& value) {
  switch (type) {
    case FieldType::kText:
      out->append(value.text());
      break;
    case FieldType::kBool:
      out->push_back(value.boolean() ? 1 : 0);
      break;
    case FieldType::kInt64:
      AppendInt64(out, static_cast<uint64_t>(value.integer()));
      break;
    case FieldType::kDouble:
      AppendInt64(out, std::bit_cast<uint64_t>(value.real()));
      break;
    case FieldType::kTimestamp:
      AppendInt64(out, static_cast<uint64_t>(value.integer() - kPostgresEpochUs));
      break;
  }
}

}  // namespace weir
