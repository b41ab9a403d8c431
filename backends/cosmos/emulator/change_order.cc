#include "backends/cosmos/emulator/change_order.h"

#include "backends/cosmos/emulator/stored_document.h"

namespace weir::cosmos::emulator {

// In the parent's place of `document`, which keeps its own links.
void ChangeOrder::Replace(StoredDocument* document, StoredDocument* by) {
  StoredDocument* parent = document->change.parent;
  if (parent == nullptr) {
    root_ = by;
  } else {
    (parent->change.left == document ? parent->change.left : parent->change.right) = by;
  }
  if (by != nullptr) by->change.parent = parent;
}

// Exchanges the document with its parent; the order stays.
void ChangeOrder::RotateUp(StoredDocument* document) {
  StoredDocument* parent = document->change.parent;
  const bool is_left = parent->change.left == document;
  StoredDocument*& inner = is_left ? document->change.right : document->change.left;
  StoredDocument* moved = inner;
  Replace(parent, document);
  inner = parent;
  (is_left ? parent->change.left : parent->change.right) = moved;
  if (moved != nullptr) moved->change.parent = parent;
  parent->change.parent = document;
}

void ChangeOrder::Insert(StoredDocument* document) {
  document->change = {};
  if (root_ == nullptr) {
    root_ = last_ = document;
    return;
  }
  const uint64_t lsn = document->body.lsn;
  StoredDocument* at = last_;
  if (last_->body.lsn < lsn) {
    last_->change.right = document;
    last_ = document;
  } else {  // only what is rolled back comes in anywhere else
    at = root_;
    while (true) {
      StoredDocument*& down = lsn < at->body.lsn ? at->change.left : at->change.right;
      if (down == nullptr) {
        down = document;
        break;
      }
      at = down;
    }
  }
  document->change.parent = at;
  while (document->change.parent != nullptr && document->change.parent->hash < document->hash) {
    RotateUp(document);
  }
}

void ChangeOrder::Erase(StoredDocument* document) {
  ChangeLinks& links = document->change;
  if (last_ == document) {
    last_ = links.parent;
    for (StoredDocument* at = links.left; at != nullptr; at = at->change.right) last_ = at;
  }
  while (links.left != nullptr && links.right != nullptr) {
    RotateUp(links.left->hash < links.right->hash ? links.right : links.left);
  }
  Replace(document, links.left != nullptr ? links.left : links.right);
  links = {};
}

template <typename IsLate>
const StoredDocument* ChangeOrder::First(IsLate is_late) const {
  const StoredDocument* found = nullptr;
  for (const StoredDocument* at = root_; at != nullptr;) {
    const bool late = is_late(*at);
    if (late) found = at;
    at = late ? at->change.left : at->change.right;
  }
  return found;
}

const StoredDocument* ChangeOrder::FirstAfter(uint64_t lsn) const {
  return First([lsn](const StoredDocument& document) { return document.body.lsn > lsn; });
}

const StoredDocument* ChangeOrder::FirstSince(int64_t unix_seconds) const {
  return First([unix_seconds](const StoredDocument& document) {
    return static_cast<int64_t>(document.body.timestamp) >= unix_seconds;
  });
}

const StoredDocument* ChangeOrder::Next(const StoredDocument* document) {
  if (document->change.right != nullptr) {
    document = document->change.right;
    while (document->change.left != nullptr) document = document->change.left;
    return document;
  }
  while (document->change.parent != nullptr && document->change.parent->change.right == document) {
    document = document->change.parent;
  }
  return document->change.parent;
}

}  // namespace weir::cosmos::emulator
