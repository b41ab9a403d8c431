// The items of one partition in the order of their last writes: what the change feed walks.
// Intrusive: the links lie in the items, so that a write allocates nothing. The owner's mutex.
//
// A treap over DocumentBody::lsn, its priorities the hashes that the items have anyway. A write
// appends at the right edge, expected O(1); finding an LSN is expected O(log n) and each further
// item O(1). Source: Seidel and Aragon, Randomized Search Trees, 1996.
#pragma once

#include <cstdint>

namespace weir::cosmos::emulator {

struct StoredDocument;

// Part of StoredDocument.
struct ChangeLinks {
  StoredDocument* parent = nullptr;
  StoredDocument* left = nullptr;   // written before
  StoredDocument* right = nullptr;  // written after
};

class ChangeOrder {
 public:
  // No item of this LSN is there yet. An item's LSN does not change while it is in.
  void Insert(StoredDocument* document);
  void Erase(StoredDocument* document);

  // The first item with lsn > `lsn`; null when there is none.
  const StoredDocument* FirstAfter(uint64_t lsn) const;
  // The first item written at or after this second, as far as the clock never went back.
  const StoredDocument* FirstSince(int64_t unix_seconds) const;
  static const StoredDocument* Next(const StoredDocument* document);

 private:
  template <typename IsLate>
  const StoredDocument* First(IsLate is_late) const;
  void RotateUp(StoredDocument* document);
  void Replace(StoredDocument* document, StoredDocument* by);

  StoredDocument* root_ = nullptr;
  StoredDocument* last_ = nullptr;
};

}  // namespace weir::cosmos::emulator
