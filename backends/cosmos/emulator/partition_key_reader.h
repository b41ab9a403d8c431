// Reads a partition key as a header or an operation of a batch carries it. One thread's.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos::emulator {

inline constexpr size_t kMaxKeyValueBytes = 2048;
inline constexpr const char* kKeyTooLong = "a value of a partition key has at most 2,048 bytes";

class PartitionKeyReader {
 public:
  // ["a"], [42], [null], [{}], ["T","U"]. The levels are valid until the next Read and as long as
  // the text; nothing when it is not a JSON array of scalars, or too long.
  std::optional<absl::Span<const PartitionKeyValue>> Read(std::string_view text);

  // The same for a key with all of the container's levels, no fewer.
  std::optional<absl::Span<const PartitionKeyValue>> ReadWhole(std::string_view text,
                                                               size_t levels);

  // What was wrong with the last key.
  const char* problem() const { return problem_; }

 private:
  std::optional<PartitionKeyValue> ValueOf(simdjson::dom::element value);

  const char* problem_ = "";
  simdjson::dom::parser parser_;
  std::vector<PartitionKeyValue> levels_;
};

}  // namespace weir::cosmos::emulator
