#include "backends/cosmos/emulator/batch_scanner.h"

#include <cstring>

namespace weir::cosmos::emulator {

bool BatchScanner::Take(std::string_view text) {
  if (static_cast<size_t>(end_ - at_) < text.size() ||
      std::memcmp(at_, text.data(), text.size()) != 0) {
    return false;
  }
  at_ += text.size();
  return true;
}

// Up to the closing quote; escapes stay.
bool BatchScanner::TakeText(std::string_view* text) {
  const char* const begin = at_;
  for (; at_ < end_; ++at_) {
    const auto c = static_cast<unsigned char>(*at_);
    if (c == '"') {
      *text = {begin, static_cast<size_t>(at_ - begin)};
      ++at_;
      return true;
    }
    if (c < 0x20 || c >= 0x7F) return false;
    if (c == '\\') ++at_;
  }
  return false;
}

// Behind its opening brace.
bool BatchScanner::ScanOperation(const ShapeBook& shapes) {
  Operation operation{};
  bool has_kind = false;
  bool has_key = false;
  do {
    if (!has_kind && Take(R"("operationType":"Create")")) {
      has_kind = true;
    } else if (!has_kind && Take(R"("operationType":"Upsert")")) {
      has_kind = operation.is_upsert = true;
    } else if (!has_key && Take(R"("partitionKey":")")) {
      has_key = true;
      if (!TakeText(&operation.key_text)) return false;
    } else if (operation.item.shape == nullptr && Take(R"("resourceBody":)")) {
      const std::string_view rest(at_, static_cast<size_t>(end_ - at_));
      if (!shapes.Pack(rest, next_, &operation.item)) return false;
      next_ += operation.item.packed.size();
      at_ += operation.item.json.size();
    } else {
      return false;
    }
  } while (Take(","));
  if (!Take("}") || !has_kind || operation.item.shape == nullptr) return false;
  operations_.push_back(operation);
  return true;
}

bool BatchScanner::Scan(std::string_view body, const ShapeBook& shapes, size_t most) {
  if (room_.size() < body.size() + ItemMemory::kPadding) {
    room_.resize(body.size() + ItemMemory::kPadding);
  }
  next_ = room_.data();
  at_ = body.data();
  end_ = at_ + body.size();
  operations_.clear();
  if (!Take("[")) return false;
  do {
    if (operations_.size() == most || !Take("{") || !ScanOperation(shapes)) return false;
  } while (Take(","));
  return Take("]") && at_ == end_;
}

}  // namespace weir::cosmos::emulator
