#include "backends/postgres/server_message.h"

#include <cstring>

#include "absl/strings/numbers.h"

namespace weir {
namespace {

constexpr uint32_t kLongestMessage = 1u << 30;  // PostgreSQL's own limit of a value
constexpr size_t kHeaderBytes = 5;

uint32_t Read32(const char* at) {
  uint32_t value;
  std::memcpy(&value, at, sizeof(value));
  return __builtin_bswap32(value);
}

// What a server may send to us; anything else means that we read in the wrong place.
bool IsType(char type) { return std::memchr("123ACDEGHIKNRSTWZcdnst", type, 22) != nullptr; }

// Up to the NUL that ends it, which is taken off too.
std::string_view TakeText(std::string_view* bytes) {
  const size_t end = bytes->find('\0');
  const std::string_view text = bytes->substr(0, end);
  bytes->remove_prefix(end == std::string_view::npos ? bytes->size() : end + 1);
  return text;
}

}  // namespace

Taken TakeMessage(std::string_view* bytes, ServerMessage* message) {
  if (bytes->empty()) return Taken::kMore;
  if (!IsType(bytes->front())) return Taken::kBad;
  if (bytes->size() < kHeaderBytes) return Taken::kMore;
  const uint32_t length = Read32(bytes->data() + 1);  // counts itself
  if (length < 4 || length > kLongestMessage) return Taken::kBad;
  const size_t whole = size_t{1} + length;
  if (bytes->size() < whole) return Taken::kMore;
  message->type = static_cast<MessageType>(bytes->front());
  message->body = bytes->substr(kHeaderBytes, whole - kHeaderBytes);
  bytes->remove_prefix(whole);
  return Taken::kMessage;
}

// A null has a length, of −1, and no bytes.
uint64_t RowBytes(std::string_view body) {
  if (body.size() < 2) return 0;
  const size_t columns =
      static_cast<size_t>(static_cast<uint8_t>(body[0])) << 8 | static_cast<uint8_t>(body[1]);
  const size_t lengths = 2 + 4 * columns;
  return body.size() < lengths ? 0 : body.size() - lengths;
}

// "INSERT 0 5", "UPDATE 5", "DELETE 5", "MERGE 5", "COPY 5"; "SELECT 5" changes nothing.
uint64_t ChangedRows(std::string_view body) {
  const std::string_view tag = TakeText(&body);
  const size_t space = tag.rfind(' ');
  uint64_t rows = 0;
  if (space == std::string_view::npos || tag.starts_with("SELECT") || tag.starts_with("FETCH")) {
    return 0;
  }
  const std::string_view number = tag.substr(space + 1);
  return absl::SimpleAtoi(absl::string_view(number.data(), number.size()), &rows) ? rows : 0;
}

ErrorFields ReadError(std::string_view body) {
  ErrorFields fields;
  while (!body.empty() && body.front() != '\0') {
    const char field = body.front();
    body.remove_prefix(1);
    const std::string_view text = TakeText(&body);
    if (field == 'V') fields.severity = text;
    if (field == 'C') fields.code = text;
    if (field == 'M') fields.message = text;
    if (field == 't') fields.table = text;
  }
  return fields;
}

}  // namespace weir
