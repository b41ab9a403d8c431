// Binary parameters of one statement, in the arrays that libpq takes. Reused from statement to
// statement: no allocation once it has grown.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "backends/api/record.h"

namespace weir {

class ParameterList {
 public:
  static constexpr size_t kMost = 65'535;  // of one statement, in the protocol

  void Clear();
  void Add(FieldType type, const Value& value);  // copies
  void AddRecord(const RecordSchema& schema, const Record& record);

  int size() const { return static_cast<int>(lengths_.size()); }
  size_t bytes() const { return bytes_.size(); }
  const char* const* values();  // valid until the next Add or Clear
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  std::string bytes_;
  std::vector<size_t> offsets_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;  // all binary; as long as the longest list so far
};

}  // namespace weir
