// The shapes of a container's items: few, learned from what comes in. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/document_shape.h"

namespace weir::cosmos::emulator {

class ShapeBook {
 public:
  static constexpr size_t kMostShapes = 16;

  // key_levels: of the container.
  explicit ShapeBook(size_t key_levels) : key_levels_(key_levels) {}
  ShapeBook(const ShapeBook&) = delete;
  ShapeBook& operator=(const ShapeBook&) = delete;

  // Takes the item apart that `text` begins with; false when it has no known shape. room: as
  // DocumentShape::Pack.
  bool Pack(std::string_view text, char* room, ShapedItem* item) const;

  // Of the number that a shape has.
  const DocumentShape& At(uint16_t number) const {
    return *shapes_[number].load(std::memory_order_acquire);
  }

  // An item that has no known shape, read with no directive for its index. Makes a shape of what
  // has come several times.
  void Learn(const DocumentView& view);
  // The same of an item of a known shape: notes how many of its scalars are indexed by its policy.
  void Count(uint16_t number, const DocumentView& view);

 private:
  bool IsFrequent(std::string_view json, uint64_t** seen);
  void AddCount(const DocumentView& view, DocumentShape* shape);

  const size_t key_levels_;
  std::array<std::atomic<const DocumentShape*>, kMostShapes> shapes_{};
  std::atomic<size_t> count_{0};
  std::atomic<uint64_t> unknown_{0};
  mutable std::atomic<size_t> last_{0};  // that was found, to be tried first

  std::mutex mutex_;  // guards what is below
  std::vector<std::unique_ptr<DocumentShape>> all_;
  std::vector<std::unique_ptr<const DocumentShape::Count>> counts_;
  std::array<uint64_t, 64> seen_{};  // by a hash of the names: its rest, and how often
};

}  // namespace weir::cosmos::emulator
