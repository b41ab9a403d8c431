// A partial update of an item: the operations of a PATCH request, and what they make of an item.
// Pure; a Patch is immutable once parsed.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator {

inline constexpr size_t kMaxPatchOperations = 10;

struct PatchOperation {
  enum class Kind : uint8_t { kAdd, kSet, kReplace, kRemove, kIncrement, kMove };

  Kind kind = Kind::kAdd;
  std::string path_text;          // as sent
  std::vector<std::string> path;  // {"tags", "-"}
  std::vector<std::string> from;  // of a move
  std::string value;              // JSON; of add, set, replace, and incr
};

class Patch {
 public:
  // {"condition":"from c where …","operations":[…]}, or the array of operations alone.
  // kInvalidArgument says which operation is wrong and why.
  static absl::StatusOr<Patch> Parse(simdjson::dom::element body);

  bool has_condition() const { return condition_.has_value(); }
  // Whether the condition is true of the item, system properties included.
  bool Holds(simdjson::dom::element item) const;

  // The item's JSON with all operations carried out in their order. kInvalidArgument when one of
  // them does not fit the item.
  absl::StatusOr<std::string> Apply(simdjson::dom::element item) const;

 private:
  std::optional<sql::Query> condition_;
  std::vector<PatchOperation> operations_;
};

}  // namespace weir::cosmos::emulator
