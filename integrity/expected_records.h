// Which records a target must, may and must not hold after the operations of a run, and in which
// revisions. Five bits a record, in pieces of the index range that are touched. One thread.
#pragma once

#include <bitset>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"

#include "backends/api/operation.h"

namespace weir {

enum class Presence : uint8_t { kMust, kMay, kMustNot };

class ExpectedRecords {
 public:
  // Everything before is gone: the table was made anew.
  void Reset();

  // Every operation of the run, in any order since the last Reset. Not certain: it may have been
  // applied or not. Reads and queries change nothing.
  void Apply(const Operation& operation, bool certain);

  // After the last Apply, before the questions.
  void Close();

  Presence PresenceOf(uint64_t index) const;

  // The revisions in which the record may be found, the likeliest first.
  std::vector<uint64_t> RevisionsOf(uint64_t index) const;

  // The record was found; false when it was before.
  bool See(uint64_t index);

  // Records that must be there and were not seen, ascending.
  void ForEachMissing(absl::FunctionRef<void(uint64_t index)> visit) const;
  // Records that must be there, ascending.
  void ForEachRequired(absl::FunctionRef<void(uint64_t index)> visit) const;
  uint64_t required() const { return required_; }
  uint64_t possible() const { return possible_; }  // that must or may be there

 private:
  static constexpr uint64_t kPieceRecords = uint64_t{1} << 16;
  struct Piece {
    std::bitset<kPieceRecords> written, maybe_written, deleted, maybe_deleted, seen;
  };
  struct Revision {
    uint64_t index;
    uint64_t revision;
    bool certain;
    bool upsert;
    auto operator<=>(const Revision&) const = default;
  };

  Piece& PieceOf(uint64_t index);
  const Piece* FindPiece(uint64_t index) const;
  bool WasUpserted(uint64_t index) const;
  std::vector<Revision>::const_iterator FirstRevision(uint64_t index) const;

  std::map<uint64_t, std::unique_ptr<Piece>> pieces_;  // by index ÷ kPieceRecords
  std::vector<Revision> revisions_;                    // after Close in order
  uint64_t required_ = 0;
  uint64_t possible_ = 0;
};

}  // namespace weir
