#include "backends/cosmos/document.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <optional>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/iso_time.h"
#include "backends/cosmos/json_text.h"
#include "base/status.h"

namespace weir::cosmos {

DocumentForm::DocumentForm(const RecordSchema& schema, int partition_field)
    : schema_(schema), partition_field_(partition_field) {
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    std::string opening(i == 0 ? "{" : ",");
    AppendJsonString(PropertyName(static_cast<int>(i)), &opening);
    opening.push_back(':');
    constant_bytes_ += opening.size();
    openings_.push_back({opening.size(), std::move(opening)});
    openings_.back().text.resize(std::max(openings_.back().size, kOpeningBlock));
    if (schema.fields[i].type == FieldType::kText) {
      text_fields_.push_back(static_cast<int>(i));
    } else {
      constant_bytes_ += kLongestNumber;  // a timestamp is shorter
    }
  }
  ++constant_bytes_;  // the last brace
}

std::string_view DocumentForm::PropertyName(int field) const {
  return field == schema_.id_field ? std::string_view("id") : schema_.fields[field].name;
}

void AppendValue(FieldType type, const Value& value, std::string* out) {
  switch (type) {
    case FieldType::kText:
      return AppendJsonString(value.text(), out);
    case FieldType::kInt64:
      return AppendInteger(value.integer(), out);
    case FieldType::kDouble:
      return AppendReal(value.real(), out);
    case FieldType::kBool:
      out->append(value.boolean() ? "true" : "false");
      return;
    case FieldType::kTimestamp:
      out->push_back('"');
      AppendIsoTime(value.integer(), out);
      out->push_back('"');
      return;
  }
}

namespace {

char* PutValue(FieldType type, const Value& value, char* at) {
  switch (type) {
    case FieldType::kText:
      return PutJsonString(value.text(), at);
    case FieldType::kInt64:
      return PutInteger(value.integer(), at);
    case FieldType::kDouble:
      return PutReal(value.real(), at);
    case FieldType::kBool: {
      const std::string_view word = value.boolean() ? "true" : "false";
      return std::copy(word.begin(), word.end(), at);
    }
    case FieldType::kTimestamp:
      *at++ = '"';
      PutIsoTime(value.integer(), at);
      at += kIsoTimeLength;
      *at++ = '"';
      return at;
  }
  return at;
}

}  // namespace

// Copies a block of a known size where that is enough: what is too much is written over next.
char* DocumentForm::PutOpening(const Opening& opening, char* at) {
  if (opening.size <= kOpeningBlock) {
    std::memcpy(at, opening.text.data(), kOpeningBlock);
  } else {
    std::memcpy(at, opening.text.data(), opening.size);
  }
  return at + opening.size;
}

// At most so long; an upper bound that costs little.
size_t DocumentForm::LongestDocument(const Record& record) const {
  size_t bytes = constant_bytes_;
  for (const int field : text_fields_) bytes += LongestJsonString(record[field].text().size());
  return bytes;
}

// Usual documents are put together in one piece on the stack: appending to a string bit by bit
// costs more than the writing.
void DocumentForm::AppendDocument(const Record& record, std::string* out) const {
  char piece[8192];
  if (LongestDocument(record) + kOpeningBlock <= sizeof(piece)) {
    char* at = piece;
    for (size_t i = 0; i < openings_.size(); ++i) {
      at = PutOpening(openings_[i], at);
      at = PutValue(schema_.fields[i].type, record[i], at);
    }
    *at++ = '}';
    out->append(piece, at);
    return;
  }
  for (size_t i = 0; i < openings_.size(); ++i) {
    out->append(openings_[i].text, 0, openings_[i].size);
    AppendValue(schema_.fields[i].type, record[i], out);
  }
  out->push_back('}');
}

PartitionKeyValue DocumentForm::KeyValue(const Value& value, std::string* scratch) const {
  switch (schema_.fields[partition_field_].type) {
    case FieldType::kText:
      return PartitionKeyValue::String(value.text());
    case FieldType::kInt64:
      return PartitionKeyValue::Number(static_cast<double>(value.integer()));
    case FieldType::kDouble:
      return PartitionKeyValue::Number(value.real());
    case FieldType::kBool:
      return PartitionKeyValue::Bool(value.boolean());
    case FieldType::kTimestamp:
      scratch->clear();
      AppendIsoTime(value.integer(), scratch);
      return PartitionKeyValue::String(*scratch);
  }
  return PartitionKeyValue();
}

// ------------------------------------------------------------------------------------ reading

namespace {

using simdjson::ondemand::object;
using simdjson::ondemand::value;

std::optional<Value> ReadText(value& json) {
  std::string_view text;
  if (json.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  return Value::Text(text);
}

std::optional<Value> ReadTimestamp(value& json) {
  std::string_view text;
  if (json.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  const std::optional<int64_t> unix_us = ParseIsoTime(text);
  if (!unix_us) return std::nullopt;
  return Value::Integer(*unix_us);
}

std::optional<Value> ReadInteger(value& json) {
  int64_t integer;
  if (json.get_int64().get(integer) != simdjson::SUCCESS) return std::nullopt;
  return Value::Integer(integer);
}

std::optional<Value> ReadReal(value& json) {
  double real;
  if (json.get_double().get(real) != simdjson::SUCCESS) return std::nullopt;
  return Value::Real(real);
}

std::optional<Value> ReadBool(value& json) {
  bool boolean;
  if (json.get_bool().get(boolean) != simdjson::SUCCESS) return std::nullopt;
  return Value::Bool(boolean);
}

std::optional<Value> ReadValue(FieldType type, value& json) {
  switch (type) {
    case FieldType::kText:
      return ReadText(json);
    case FieldType::kInt64:
      return ReadInteger(json);
    case FieldType::kDouble:
      return ReadReal(json);
    case FieldType::kBool:
      return ReadBool(json);
    case FieldType::kTimestamp:
      return ReadTimestamp(json);
  }
  return std::nullopt;
}

// Fields in any order; the server's own ("_rid", "_ts", …) are passed over.
absl::Status ReadRecord(const DocumentForm& form, object& document, Record* record) {
  const RecordSchema& schema = form.schema();
  record->Reset(schema.fields.size(), 0);
  for (size_t i = 0; i < schema.fields.size(); ++i) {
    const std::string_view name = form.PropertyName(static_cast<int>(i));
    value json;
    if (document.find_field_unordered(name).get(json) != simdjson::SUCCESS) {
      return absl::DataLossError(absl::StrCat("a document lacks the field ", std::string(name)));
    }
    const std::optional<Value> read = ReadValue(schema.fields[i].type, json);
    if (!read) {
      return absl::DataLossError(
          absl::StrCat("the field ", std::string(name), " of a document holds something else"));
    }
    record->Set(i, *read);
  }
  return absl::OkStatus();
}

absl::Status NotAPage(simdjson::error_code error) {
  return absl::DataLossError(absl::StrCat("a page of documents is not what was expected: ",
                                          simdjson::error_message(error)));
}

}  // namespace

struct DocumentReader::Parser {
  explicit Parser(const DocumentForm& document_form) : form(document_form) {}

  const DocumentForm& form;
  simdjson::ondemand::parser json;
  Record record;
};

DocumentReader::DocumentReader(const DocumentForm& form)
    : parser_(std::make_unique<Parser>(form)) {}
DocumentReader::~DocumentReader() = default;

absl::Status DocumentReader::ForEachRecord(std::string* page,
                                           absl::FunctionRef<void(const Record&)> visit) {
  page->reserve(page->size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document root;
  simdjson::error_code error =
      parser_->json.iterate(page->data(), page->size(), page->capacity()).get(root);
  if (error != simdjson::SUCCESS) return NotAPage(error);
  simdjson::ondemand::array documents;
  error = root["Documents"].get_array().get(documents);
  if (error != simdjson::SUCCESS) return NotAPage(error);
  for (auto item : documents) {
    object document;
    error = item.get_object().get(document);
    if (error != simdjson::SUCCESS) return NotAPage(error);
    WEIR_RETURN_IF_ERROR(ReadRecord(parser_->form, document, &parser_->record));
    visit(parser_->record);
  }
  return absl::OkStatus();
}

}  // namespace weir::cosmos
