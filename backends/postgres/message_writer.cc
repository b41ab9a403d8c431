#include "backends/postgres/message_writer.h"

#include <bit>
#include <cstring>

#include "backends/postgres/binary_format.h"
#include "backends/sql/value_bytes.h"
#include "base/put_bytes.h"

namespace weir {
namespace {

constexpr uint16_t kBinary = 1;

char* Put32(uint32_t value, char* at) {
  value = __builtin_bswap32(value);
  std::memcpy(at, &value, sizeof(value));
  return at + sizeof(value);
}

char* Put64(uint64_t value, char* at) {
  value = __builtin_bswap64(value);
  std::memcpy(at, &value, sizeof(value));
  return at + sizeof(value);
}

char* PutField(FieldType type, const Value& value, char* at) {
  switch (type) {
    case FieldType::kText: {
      const std::string_view text = value.text();
      at = Put32(static_cast<uint32_t>(text.size()), at);
      return PutBytes(text, at);
    }
    case FieldType::kBool:
      at = Put32(1, at);
      *at = value.boolean() ? 1 : 0;
      return at + 1;
    case FieldType::kInt64:
      return Put64(static_cast<uint64_t>(value.integer()), Put32(8, at));
    case FieldType::kDouble:
      return Put64(std::bit_cast<uint64_t>(value.real()), Put32(8, at));
    case FieldType::kTimestamp:
      return Put64(static_cast<uint64_t>(value.integer() - kPostgresEpochUs), Put32(8, at));
  }
  return at;
}

size_t FieldsBytes(const RecordSchema& schema, const Record& record) {
  size_t bytes = 4 * record.size();
  for (size_t i = 0; i < record.size(); ++i) bytes += ValueBytes(schema.fields[i].type, record[i]);
  return bytes;
}

}  // namespace

// Usual records are put together in one piece on the stack: appending to a string bit by bit costs
// more than the writing.
void AppendFields(const RecordSchema& schema, const Record& record, std::string* out) {
  char piece[4096];
  if (FieldsBytes(schema, record) <= sizeof(piece)) {
    char* at = piece;
    for (size_t i = 0; i < record.size(); ++i) at = PutField(schema.fields[i].type, record[i], at);
    out->append(piece, at);
    return;
  }
  for (size_t i = 0; i < record.size(); ++i) {
    const FieldType type = schema.fields[i].type;
    AppendInt32(out, static_cast<uint32_t>(ValueBytes(type, record[i])));
    AppendBinary(out, type, record[i]);
  }
}

// The length counts itself and what follows, not the type.
void MessageWriter::Begin(char type) {
  out_.push_back(type);
  length_at_ = out_.size();
  out_.append(4, '\0');
}

void MessageWriter::End() {
  Put32(static_cast<uint32_t>(out_.size() - length_at_), out_.data() + length_at_);
}

void MessageWriter::Parse(std::string_view name, std::string_view sql,
                          absl::Span<const uint32_t> types) {
  Begin('P');
  out_.append(name).push_back('\0');
  out_.append(sql).push_back('\0');
  AppendInt16(&out_, static_cast<uint16_t>(types.size()));
  for (const uint32_t type : types) AppendInt32(&out_, type);
  End();
}

void MessageWriter::BeginBind(std::string_view statement, size_t parameters) {
  Begin('B');
  out_.push_back('\0');  // the unnamed portal
  out_.append(statement).push_back('\0');
  AppendInt16(&out_, 1);  // one format for all parameters
  AppendInt16(&out_, kBinary);
  AppendInt16(&out_, static_cast<uint16_t>(parameters));
}

void MessageWriter::AddValue(FieldType type, const Value& value) {
  AppendInt32(&out_, static_cast<uint32_t>(ValueBytes(type, value)));
  AppendBinary(&out_, type, value);
}

void MessageWriter::AddRecord(const RecordSchema& schema, const Record& record) {
  AppendFields(schema, record, &out_);
}

void MessageWriter::EndBind() {
  AppendInt16(&out_, 1);  // one format for all columns
  AppendInt16(&out_, kBinary);
  End();
}

void MessageWriter::Execute() {
  constexpr std::string_view kMessage("E\0\0\0\x09\0\0\0\0\0", 10);  // unnamed portal, all rows
  out_.append(kMessage);
}

void MessageWriter::Sync() { out_.append(std::string_view("S\0\0\0\x04", 5)); }

void MessageWriter::Query(std::string_view sql) {
  Begin('Q');
  out_.append(sql).push_back('\0');
  End();
}

std::string* MessageWriter::BeginCopyData() {
  Begin('d');
  return &out_;
}

void MessageWriter::EndCopyData() { End(); }

void MessageWriter::CopyDone() { out_.append(std::string_view("c\0\0\0\x04", 5)); }

}  // namespace weir
