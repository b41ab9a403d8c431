#include "backends/postgres/copy_binary.h"

#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"

#include "backends/postgres/binary_format.h"
#include "backends/postgres/message_writer.h"

namespace weir {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);
constexpr size_t kHeaderBytes = 19;  // signature, flags, length of the (empty) extension
constexpr int16_t kTrailer = -1;

// Takes numbers and bytes off the front; remembers whether there were enough.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  std::string_view Take(size_t size) {
    if (size > bytes_.size()) {
      short_ = true;
      bytes_ = {};
      return {};
    }
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }
  uint64_t Number(size_t size) {
    uint64_t number = 0;
    for (const char byte : Take(size)) number = number << 8 | static_cast<uint8_t>(byte);
    return number;
  }
  bool done() const { return bytes_.empty(); }
  bool ok() const { return !short_; }

 private:
  std::string_view bytes_;
  bool short_ = false;
};

// False when the value is not of this type.
bool Decode(FieldType type, std::string_view bytes, Value* value) {
  if (type == FieldType::kText) {
    *value = Value::Text(bytes);
    return true;
  }
  Reader reader(bytes);
  const uint64_t number = reader.Number(type == FieldType::kBool ? 1 : 8);
  switch (type) {
    case FieldType::kBool:
      *value = Value::Bool(number != 0);
      break;
    case FieldType::kDouble:
      *value = Value::Real(std::bit_cast<double>(number));
      break;
    case FieldType::kTimestamp:
      *value = Value::Integer(static_cast<int64_t>(number) + kPostgresEpochUs);
      break;
    default:
      *value = Value::Integer(static_cast<int64_t>(number));
      break;
  }
  return reader.ok() && reader.done();
}

absl::Status DecodeTuple(const RecordSchema& schema, Reader* reader, Record* record) {
  record->Reset(schema.fields.size(), 0);
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const auto size = static_cast<int32_t>(reader->Number(4));
    const std::string& name = schema.fields[i].name;
    if (size < 0) return absl::InvalidArgumentError(absl::StrCat("field ", name, " is null"));
    Value value;
    if (!Decode(schema.fields[i].type, reader->Take(size), &value)) {
      return absl::InvalidArgumentError(absl::StrCat("field ", name, " is of another type"));
    }
    record->Set(i, value);
  }
  return reader->ok() ? absl::OkStatus() : absl::InternalError("tuple is cut short");
}

}  // namespace

void AppendCopyHeader(std::string* out) {
  out->append(kSignature);
  out->append(kHeaderBytes - kSignature.size(), '\0');
}

void AppendCopyTuple(const RecordSchema& schema, const Record& record, std::string* out) {
  AppendInt16(out, static_cast<uint16_t>(record.size()));
  AppendFields(schema, record, out);
}

void AppendCopyTrailer(std::string* out) { AppendInt16(out, static_cast<uint16_t>(kTrailer)); }

absl::Status DecodeCopyMessage(const RecordSchema& schema, std::string_view message,
                               absl::FunctionRef<void(const Record&)> visit) {
  if (message.starts_with(kSignature)) {
    if (message.size() < kHeaderBytes) return absl::InternalError("header is cut short");
    message.remove_prefix(kHeaderBytes);
  }
  Reader reader(message);
  Record record;
  while (!reader.done()) {
    const auto fields = static_cast<int16_t>(reader.Number(2));
    if (fields == kTrailer) break;
    if (fields != static_cast<int16_t>(schema.fields.size())) {
      return absl::InternalError(absl::StrCat("tuple of ", fields, " fields"));
    }
    if (absl::Status decoded = DecodeTuple(schema, &reader, &record); !decoded.ok()) return decoded;
    visit(record);
  }
  return reader.ok() ? absl::OkStatus() : absl::InternalError("message is cut short");
}

}  // namespace weir
