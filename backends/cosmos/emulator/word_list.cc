#include "backends/cosmos/emulator/word_list.h"

#include <emmintrin.h>

#include <algorithm>
#include <cstring>

namespace weir::cosmos::emulator {
namespace {

constexpr uint32_t kWorthIt = 4;             // finds for each word
constexpr uint32_t kHashPart = 0xFFFF0000U;  // of a place; the rest is the word's number

uint64_t Load(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}

// Of all its bytes; reads up to 8 behind them.
uint64_t HashOf(std::string_view word) {
  constexpr uint64_t kFactor = 0x9E3779B97F4A7C15ULL;
  uint64_t hash = word.size();
  size_t at = 0;
  for (; at + 8 <= word.size(); at += 8) hash = (hash ^ Load(word.data() + at)) * kFactor;
  const size_t rest = word.size() - at;
  if (rest > 0) {
    hash = (hash ^ (Load(word.data() + at) & (~uint64_t{0} >> (64 - 8 * rest)))) * kFactor;
  }
  return (hash ^ (hash >> 29)) * kFactor;
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

// kNone when it is not there; then *place is where it belongs.
int WordList::Look(const Tables& tables, std::string_view word, uint64_t hash, size_t* place) {
  const auto part = static_cast<uint32_t>(hash >> 32) & kHashPart;
  for (size_t at = hash >> 20 & (kPlaces - 1);; at = (at + 1) & (kPlaces - 1)) {
    const uint32_t known = tables.places[at].load(std::memory_order_acquire);
    if (known == 0) {
      *place = at;
      return kNone;
    }
    if ((known & kHashPart) != part) continue;
    const auto number = (known & ~kHashPart) - 1;
    const Word& there = tables.words[number];
    if (there.size == word.size() && Equal(there.bytes, word.data(), word.size())) {
      return static_cast<int>(number);
    }
  }
}

int WordList::NumberOf(std::string_view word) {
  if (is_useless_.load(std::memory_order_relaxed) || word.size() > kLongestWord) return kNone;
  const uint64_t hash = HashOf(word);
  const bool is_full = is_full_.load(std::memory_order_relaxed);
  if (const Tables* tables = tables_.load(std::memory_order_acquire)) {
    size_t place = 0;
    const int known = Look(*tables, word, hash, &place);
    if (known != kNone) {
      if (!is_full) found_.fetch_add(1, std::memory_order_relaxed);
      return known;
    }
  }
  return is_full ? kNone : Add(word, hash);
}

int WordList::Add(std::string_view word, uint64_t hash) {
  const std::scoped_lock lock(mutex_);
  if (owned_ == nullptr) {
    owned_ = std::make_unique<Tables>();
    tables_.store(owned_.get(), std::memory_order_release);
  }
  size_t place = 0;
  const int known = Look(*owned_, word, hash, &place);
  if (known != kNone || owned_->count == kMostWords) return known;
  const auto number = static_cast<uint32_t>(owned_->count++);
  Word& made = owned_->words[number];
  made.size = static_cast<uint32_t>(word.size());
  std::memcpy(made.bytes, word.data(), word.size());
  const auto part = static_cast<uint32_t>(hash >> 32) & kHashPart;
  owned_->places[place].store(part | (number + 1), std::memory_order_release);
  if (owned_->count == kMostWords) {
    is_useless_ = found_ < kWorthIt * kMostWords;
    is_full_ = true;
  }
  return static_cast<int>(number);
}

}  // namespace weir::cosmos::emulator
