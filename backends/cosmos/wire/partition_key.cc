#include "backends/cosmos/wire/partition_key.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::cosmos {
namespace {

constexpr uint32_t kReplacement = 0xFFFD;

void AppendUnit(uint32_t unit, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out->append("\\u");
  for (int shift = 12; shift >= 0; shift -= 4) out->push_back(kHex[(unit >> shift) & 0xF]);
}

void AppendEscapedCodePoint(uint32_t point, std::string* out) {
  if (point < 0x10000) return AppendUnit(point, out);
  AppendUnit(0xD800 + ((point - 0x10000) >> 10), out);
  AppendUnit(0xDC00 + ((point - 0x10000) & 0x3FF), out);
}

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xC0) == 0x80; }

// Decodes the sequence at text[*at], which is not ASCII, and moves past it.
uint32_t DecodePoint(std::string_view text, size_t* at) {
  const auto lead = static_cast<uint8_t>(text[(*at)++]);
  const int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
  if (lead < 0xC2 || lead > 0xF4) return kReplacement;
  uint32_t point = lead & (0x3F >> more);
  for (int i = 0; i < more; ++i) {
    if (*at == text.size() || !IsContinuation(text[*at])) return kReplacement;
    point = (point << 6) | (static_cast<uint8_t>(text[(*at)++]) & 0x3F);
  }
  constexpr uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  const bool surrogate = point >= 0xD800 && point < 0xE000;
  return point < kSmallest[more] || point > 0x10FFFF || surrogate ? kReplacement : point;
}

void AppendNumber(double number, std::string* out) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof(text), number).ptr;
  out->append(text, static_cast<size_t>(end - text));
}

void AppendValue(const PartitionKeyValue& value, std::string* out) {
  switch (value.kind()) {
    case PartitionKeyValue::Kind::kUndefined:
      out->append("{}");
      break;
    case PartitionKeyValue::Kind::kNull:
      out->append("null");
      break;
    case PartitionKeyValue::Kind::kFalse:
      out->append("false");
      break;
    case PartitionKeyValue::Kind::kTrue:
      out->append("true");
      break;
    case PartitionKeyValue::Kind::kNumber:
      AppendNumber(value.number(), out);
      break;
    case PartitionKeyValue::Kind::kString:
      AppendAsciiJsonString(value.text(), out);
      break;
  }
}

}  // namespace

void AppendAsciiJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  for (size_t at = 0; at < text.size();) {
    const auto c = static_cast<uint8_t>(text[at]);
    if (c >= 0x80) {
      AppendEscapedCodePoint(DecodePoint(text, &at), out);
      continue;
    }
    ++at;
    if (c < 0x20 || c == 0x7F) {
      AppendUnit(c, out);
    } else {
      if (c == '"' || c == '\\') out->push_back('\\');
      out->push_back(static_cast<char>(c));
    }
  }
  out->push_back('"');
}

void AppendPartitionKeyHeader(absl::Span<const PartitionKeyValue> levels, std::string* out) {
  char separator = '[';
  if (levels.empty()) out->push_back('[');
  for (const PartitionKeyValue& level : levels) {
    out->push_back(separator);
    AppendValue(level, out);
    separator = ',';
  }
  out->push_back(']');
}

}  // namespace weir::cosmos
