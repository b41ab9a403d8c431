#include "backends/cosmos/emulator/shape_book.h"

#include <utility>

#include "base/random.h"

namespace weir::cosmos::emulator {
namespace {

constexpr uint64_t kCounter = 0xFF;  // of ShapeBook::seen_; the rest is a hash
constexpr uint64_t kSeenBefore = 4;  // so many times, before it is a shape
constexpr uint64_t kAllSeen = 256;   // items without a shape; then one of some
constexpr uint64_t kOneSeenOf = 16;

}  // namespace

bool ShapeBook::Pack(std::string_view text, char* room, ShapedItem* item) const {
  const size_t count = count_.load(std::memory_order_acquire);
  const size_t first = last_.load(std::memory_order_relaxed);
  if (count == 0) return false;
  if (At(static_cast<uint16_t>(first)).Pack(text, room, item)) return true;
  for (size_t i = 0; i < count; ++i) {
    if (i == first || !At(static_cast<uint16_t>(i)).Pack(text, room, item)) continue;
    last_.store(i, std::memory_order_relaxed);
    return true;
  }
  return false;
}

// Items of one shape have the same names: a hash of what stands before colons tells them apart.
bool ShapeBook::IsFrequent(std::string_view json, uint64_t** seen) {
  uint64_t hash = 0;
  size_t quote = 0;
  for (size_t at = 1; at < json.size(); ++at) {
    if (json[at] == ':' && json[at - 1] == '"' && at - quote < 64) {
      for (size_t i = quote; i < at; ++i) hash = hash * 31 + static_cast<unsigned char>(json[i]);
    }
    if (json[at] == '"' && (json[at - 1] == ',' || json[at - 1] == '{')) quote = at;
  }
  hash = Mix64(hash) & ~kCounter;
  *seen = &seen_[hash >> 58];
  if ((**seen & ~kCounter) != hash) **seen = hash;
  if ((**seen & kCounter) == kCounter) return false;  // it was tried: no shape comes of it
  return (++**seen & kCounter) >= kSeenBefore;
}

void ShapeBook::Learn(const DocumentView& view) {
  if (count_.load(std::memory_order_relaxed) == kMostShapes) return;
  // Where items have no shapes, looking for them must not cost much.
  const uint64_t unknown = unknown_.fetch_add(1, std::memory_order_relaxed);
  if (unknown >= kAllSeen && unknown % kOneSeenOf != 0) return;
  const std::scoped_lock lock(mutex_);
  uint64_t* seen = nullptr;
  if (all_.size() == kMostShapes || !IsFrequent(view.json, &seen)) return;
  *seen |= kCounter;
  auto shape = DocumentShape::Of(view, key_levels_);
  if (shape == nullptr) return;
  for (const auto& known : all_) {
    if (known->HasLiteralsOf(*shape)) return;
  }
  AddCount(view, shape.get());
  shape->set_number(static_cast<uint16_t>(all_.size()));
  shapes_[all_.size()].store(shape.get(), std::memory_order_release);
  all_.push_back(std::move(shape));
  count_.store(all_.size(), std::memory_order_release);
}

void ShapeBook::Count(uint16_t number, const DocumentView& view) {
  const std::scoped_lock lock(mutex_);
  if (!all_[number]->TermsBy(view.policy)) AddCount(view, all_[number].get());
}

void ShapeBook::AddCount(const DocumentView& view, DocumentShape* shape) {
  counts_.push_back(
      std::make_unique<DocumentShape::Count>(DocumentShape::Count{view.policy, view.terms}));
  shape->set_count(counts_.back().get());
}

}  // namespace weir::cosmos::emulator
