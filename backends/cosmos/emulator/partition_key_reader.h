// Reads a partition key as a header or an operation of a batch carries it. One thread's.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos::emulator {

class PartitionKeyReader {
 public:
  // ["a"], [42], [null], [{}], ["T","U"]. The levels are valid until the next Read and as long as
  // the text; nothing when it is not a JSON array of scalars, or too long.
  std::optional<absl::Span<const PartitionKeyValue>> Read(std::string_view text);

 private:
  simdjson::dom::parser parser_;
  std::vector<PartitionKeyValue> levels_;
};

}  // namespace weir::cosmos::emulator
