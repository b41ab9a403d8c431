// The quick way to read a batch: creates and upserts of items whose shapes are known, written
// without spaces, as clients write them that load data. One thread's; reuses its room.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/types/span.h"

#include "backends/cosmos/emulator/shape_book.h"

namespace weir::cosmos::emulator {

class BatchScanner {
 public:
  // Views into the body, which outlives them, and into the scanner.
  struct Operation {
    bool is_upsert;
    std::string_view key_text;  // "partitionKey" as sent, escapes and all; empty when there is none
    ShapedItem item;
  };

  // False when there is anything else in the body, or more than `most` operations. body: followed
  // by ItemMemory::kPadding readable bytes.
  bool Scan(std::string_view body, const ShapeBook& shapes, size_t most);

  // Of the last Scan that succeeded.
  absl::Span<const Operation> operations() const { return operations_; }

 private:
  bool Take(std::string_view text);
  bool TakeText(std::string_view* text);
  bool ScanOperation(const ShapeBook& shapes);

  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::vector<Operation> operations_;
  std::string room_;      // for packed items
  char* next_ = nullptr;  // in room_
};

}  // namespace weir::cosmos::emulator
