// Records as JSON documents and back. A document has every field of the record under its own name,
// except that the id field is "id", as Cosmos DB demands.
//
// DocumentForm is immutable; any thread. A DocumentReader belongs to one thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

#include "backends/api/record.h"
#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos {

class DocumentForm {
 public:
  // The schema outlives the form.
  DocumentForm(const RecordSchema& schema, int partition_field);

  void AppendDocument(const Record& record, std::string* out) const;

  std::string_view IdOf(const Record& record) const { return record[schema_.id_field].text(); }

  // Of a timestamp the text goes to *scratch, which must outlive the value.
  PartitionKeyValue KeyOf(const Record& record, std::string* scratch) const {
    return KeyValue(record[partition_field_], scratch);
  }
  // The same for a value of the partition field alone: a query's parameter.
  PartitionKeyValue KeyValue(const Value& value, std::string* scratch) const;

  // The property that holds a field.
  std::string_view PropertyName(int field) const;

  const RecordSchema& schema() const { return schema_; }
  int partition_field() const { return partition_field_; }

 private:
  // What stands before a field's value: `,"name":`, with a brace instead of the first comma. The
  // text has at least a block's bytes.
  static constexpr size_t kOpeningBlock = 16;
  struct Opening {
    size_t size;
    std::string text;
  };
  static char* PutOpening(const Opening& opening, char* at);
  size_t LongestDocument(const Record& record) const;

  const RecordSchema& schema_;
  int partition_field_;
  std::vector<Opening> openings_;
  std::vector<int> text_fields_;
  size_t constant_bytes_ = 0;  // of a document, without its texts
};

// Appends one value as JSON.
void AppendValue(FieldType type, const Value& value, std::string* out);

// Reads the documents of a page: {"Documents":[…]}.
class DocumentReader {
 public:
  explicit DocumentReader(const DocumentForm& form);
  ~DocumentReader();

  // `page` is grown by what the parser needs behind the end. A document that lacks a field, or
  // holds something else there, is kDataLoss. Text of the record is valid during the call only.
  absl::Status ForEachRecord(std::string* page, absl::FunctionRef<void(const Record&)> visit);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace weir::cosmos
