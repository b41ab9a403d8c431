#include "backends/cosmos/emulator/word_list.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

namespace weir::cosmos::emulator {
namespace {

constexpr uint32_t kWorthIt = 4;  // finds for each word

uint64_t Load(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// Of all its bytes; reads up to 8 behind them.
size_t PlaceOf(std::string_view word, size_t places) {
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15ULL;
  uint64_t hash = word.size();
  size_t at = 0;
  for (; at + 8 <= word.size(); at += 8) hash = (hash ^ Load(word.data() + at)) * kFactor;
  const size_t rest = word.size() - at;
  if (rest > 0) {
    hash = (hash ^ (Load(word.data() + at) & (~uint64_t{0} >> (64 - 8 * rest)))) * kFactor;
  }
  return (hash ^ (hash >> 29)) * kFactor >> 40 & (places - 1);
}

// Reads up to 16 bytes behind both.
bool Equal(const char* a, const char* b, size_t size) {
  for (size_t at = 0; at < size; at += 16) {
    const __m128i left = _mm_loadu_si128(reinterpret_cast<const __m128i*>(a + at));
    const __m128i right = _mm_loadu_si128(reinterpret_cast<const __m128i*>(b + at));
    const auto same = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(left, right)));
    const uint32_t wanted = size - at >= 16 ? 0xFFFF : (1U << (size - at)) - 1;
    if ((same & wanted) != wanted) return false;
  }
  return true;
}

}  // namespace

// Null when it is not there; then *place is where it belongs.
const WordList::Word* WordList::Look(const Tables& tables, std::string_view word, size_t* place) {
  for (size_t at = PlaceOf(word, kPlaces);; at = (at + 1) & (kPlaces - 1)) {
    const Word* known = tables.places[at].load(std::memory_order_acquire);
    if (known == nullptr) {
      *place = at;
      return nullptr;
    }
    if (known->size == word.size() && Equal(known->bytes, word.data(), word.size())) return known;
  }
}

int WordList::NumberOf(std::string_view word) {
  if (is_useless_.load(std::memory_order_relaxed) || word.size() > kLongestWord) return kNone;
  if (const Tables* tables = tables_.load(std::memory_order_acquire)) {
    size_t place = 0;
    if (const Word* known = Look(*tables, word, &place)) {
      if (!is_full_.load(std::memory_order_relaxed)) {
        found_.fetch_add(1, std::memory_order_relaxed);
      }
      return known->number;
    }
  }
  return is_full_.load(std::memory_order_relaxed) ? kNone : Add(word);
}

int WordList::Add(std::string_view word) {
  const std::scoped_lock lock(mutex_);
  if (owned_ == nullptr) {
    owned_ = std::make_unique<Tables>();
    tables_.store(owned_.get(), std::memory_order_release);
  }
  size_t place = 0;
  if (const Word* known = Look(*owned_, word, &place)) return known->number;
  const size_t number = owned_->all.size();
  if (number == kMostWords) return kNone;
  auto made = std::make_unique<Word>();
  made->size = static_cast<uint32_t>(word.size());
  made->number = static_cast<int>(number);
  std::memcpy(made->bytes, word.data(), word.size());
  owned_->words[number].store(made.get(), std::memory_order_release);
  owned_->places[place].store(made.get(), std::memory_order_release);
  owned_->all.push_back(std::move(made));
  if (number + 1 == kMostWords) {
    is_useless_ = found_ < kWorthIt * kMostWords;
    is_full_ = true;
  }
  return static_cast<int>(number);
}

}  // namespace weir::cosmos::emulator
