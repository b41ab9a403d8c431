#include "backends/postgres/parameter_list.h"

#include "backends/postgres/binary_format.h"

namespace weir {

void ParameterList::Clear() {
  bytes_.clear();
  offsets_.clear();
  lengths_.clear();
}

void ParameterList::Add(FieldType type, const Value& value) {
  offsets_.push_back(bytes_.size());
  AppendBinary(&bytes_, type, value);
  lengths_.push_back(static_cast<int>(bytes_.size() - offsets_.back()));
  if (formats_.size() < lengths_.size()) formats_.push_back(1);
}

void ParameterList::AddRecord(const RecordSchema& schema, const Record& record) {
  for (size_t i = 0; i < record.size(); ++i) Add(schema.fields[i].type, record[i]);
}

// Only now: the bytes move while they grow.
const char* const* ParameterList::values() {
  values_.clear();
  for (const size_t offset : offsets_) values_.push_back(bytes_.data() + offset);
  return values_.data();
}

}  // namespace weir
