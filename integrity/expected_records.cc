#include "integrity/expected_records.h"

#include <algorithm>

namespace weir {

void ExpectedRecords::Reset() {
  pieces_.clear();
  revisions_.clear();
}

ExpectedRecords::Piece& ExpectedRecords::PieceOf(uint64_t index) {
  std::unique_ptr<Piece>& piece = pieces_[index / kPieceRecords];
  if (piece == nullptr) piece = std::make_unique<Piece>();
  return *piece;
}

const ExpectedRecords::Piece* ExpectedRecords::FindPiece(uint64_t index) const {
  const auto found = pieces_.find(index / kPieceRecords);
  return found == pieces_.end() ? nullptr : found->second.get();
}

void ExpectedRecords::Apply(const Operation& operation, bool certain) {
  if (!Writes(operation.kind)) return;
  for (uint64_t i = 0; i < operation.records; ++i) {
    const uint64_t index = operation.first_record + i;
    Piece& piece = PieceOf(index);
    const uint64_t place = index % kPieceRecords;
    if (operation.kind == OperationKind::kDelete) {
      (certain ? piece.deleted : piece.maybe_deleted).set(place);
      continue;
    }
    const bool upsert = operation.kind == OperationKind::kUpsert;
    if (operation.kind != OperationKind::kInsert) {
      revisions_.push_back({index, operation.revision, certain, upsert});
    }
    // A replace that succeeded shows that the record was there; it does not make one.
    if (operation.kind == OperationKind::kReplace) continue;
    (certain ? piece.written : piece.maybe_written).set(place);
  }
}

void ExpectedRecords::Close() {
  std::sort(revisions_.begin(), revisions_.end());
  required_ = possible_ = 0;
  for (const auto& [number, piece] : pieces_) {
    for (uint64_t place = 0; place < kPieceRecords; ++place) {
      const Presence presence = PresenceOf(number * kPieceRecords + place);
      required_ += presence == Presence::kMust ? 1 : 0;
      possible_ += presence != Presence::kMustNot ? 1 : 0;
    }
  }
}

std::vector<ExpectedRecords::Revision>::const_iterator ExpectedRecords::FirstRevision(
    uint64_t index) const {
  return std::lower_bound(
      revisions_.begin(), revisions_.end(), index,
      [](const Revision& revision, uint64_t wanted) { return revision.index < wanted; });
}

bool ExpectedRecords::WasUpserted(uint64_t index) const {
  for (auto at = FirstRevision(index); at != revisions_.end() && at->index == index; ++at) {
    if (at->upsert) return true;
  }
  return false;
}

// Operations of one stage overlap, so that of a delete and an upsert nobody knows which was last.
Presence ExpectedRecords::PresenceOf(uint64_t index) const {
  const Piece* piece = FindPiece(index);
  if (piece == nullptr) return Presence::kMustNot;
  const uint64_t place = index % kPieceRecords;
  if (!piece->written[place] && !piece->maybe_written[place]) return Presence::kMustNot;
  if (piece->deleted[place]) return WasUpserted(index) ? Presence::kMay : Presence::kMustNot;
  const bool certain = piece->written[place] && !piece->maybe_deleted[place];
  return certain ? Presence::kMust : Presence::kMay;
}

// Writes of one record overlap as well: any of them may have been the last. What was first written
// is out of the question once one of them is certain.
std::vector<uint64_t> ExpectedRecords::RevisionsOf(uint64_t index) const {
  std::vector<uint64_t> revisions;
  bool certain = false;
  for (auto at = FirstRevision(index); at != revisions_.end() && at->index == index; ++at) {
    revisions.push_back(at->revision);
    certain |= at->certain;
  }
  if (!certain) revisions.push_back(0);
  std::reverse(revisions.begin(), revisions.end());
  return revisions;
}

bool ExpectedRecords::See(uint64_t index) {
  Piece& piece = PieceOf(index);
  const uint64_t place = index % kPieceRecords;
  if (piece.seen[place]) return false;
  piece.seen.set(place);
  return true;
}

void ExpectedRecords::ForEachMissing(absl::FunctionRef<void(uint64_t index)> visit) const {
  for (const auto& [number, piece] : pieces_) {
    const auto absent = piece->written & ~piece->seen;
    if (absent.none()) continue;
    for (uint64_t place = 0; place < kPieceRecords; ++place) {
      const uint64_t index = number * kPieceRecords + place;
      if (absent[place] && PresenceOf(index) == Presence::kMust) visit(index);
    }
  }
}

void ExpectedRecords::ForEachRequired(absl::FunctionRef<void(uint64_t index)> visit) const {
  for (const auto& [number, piece] : pieces_) {
    for (uint64_t place = 0; place < kPieceRecords; ++place) {
      const uint64_t index = number * kPieceRecords + place;
      if (PresenceOf(index) == Presence::kMust) visit(index);
    }
  }
}

}  // namespace weir
