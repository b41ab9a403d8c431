// What is left of a query: ranges of keys, each with the position within it. Written into the
// continuation token; independent of which partitions there are, so that a token outlives splits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/partition.h"
#include "backends/cosmos/emulator/query_run.h"

namespace weir::cosmos::emulator {

class QueryContinuation {
 public:
  // All of the range, from its beginning.
  explicit QueryContinuation(const KeyRange& range) : pieces_{{range, {}}} {}
  // Nothing when it is malformed.
  static std::optional<QueryContinuation> Parse(std::string_view text);
  std::string Text() const;

  bool IsDone() const { return pieces_.empty(); }
  const EffectivePartitionKey& low() const { return pieces_.front().range.low; }
  QueryPosition* position() { return &pieces_.front().position; }

  // Leaves what lies in the range. A token of a range that has been split is cut so by its
  // children.
  void Clip(const KeyRange& range);
  // Before a partition that has low() is walked: cuts the first piece where the partition ends.
  // False when its position means nothing in a part of the piece: rows of an order that only the
  // whole piece has.
  bool CutAt(const KeyRange& partition);
  // After it has been walked to its end.
  void PopFirst() { pieces_.erase(pieces_.begin()); }

 private:
  struct Piece {
    KeyRange range;
    QueryPosition position;
  };
  QueryContinuation() = default;

  std::vector<Piece> pieces_;  // in the order of their ranges
};

}  // namespace weir::cosmos::emulator
