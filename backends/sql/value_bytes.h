// How many bytes a value counts for in an outcome's payload: what PostgreSQL's binary format takes,
// so that the two SQL databases count alike.
#pragma once

#include <cstdint>

#include "backends/api/record.h"

namespace weir {

inline uint64_t ValueBytes(FieldType type, const Value& value) {
  switch (type) {
    case FieldType::kText:
      return value.text().size();
    case FieldType::kBool:
      return 1;
    default:
      return 8;
  }
}

}  // namespace weir
