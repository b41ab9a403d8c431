// Words that come up again and again at one place of many items, by numbers. Grows until it is
// full; gives up where hardly any word comes twice. Any thread; reading takes no lock.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

namespace weir::cosmos::emulator {

class WordList {
 public:
  static constexpr size_t kMostWords = 2048;
  static constexpr size_t kLongestWord = 40;
  static constexpr int kNone = -1;

  WordList() = default;
  WordList(const WordList&) = delete;
  WordList& operator=(const WordList&) = delete;

  // The word's number, one that is new if there is room; or kNone. 16 bytes behind the word must be
  // readable.
  int NumberOf(std::string_view word);
  // Of a number that NumberOf gave. 16 bytes behind it are readable.
  std::string_view At(int number) const {
    const Word& word = tables_.load(std::memory_order_acquire)->words[static_cast<size_t>(number)];
    return {word.bytes, word.size};
  }

 private:
  static constexpr size_t kPlaces = 4096;
  struct alignas(64) Word {  // one cache line
    uint32_t size;
    char bytes[kLongestWord + 16];
  };
  struct Tables {
    // By hash, linear probing: a part of the hash above the word's number, counted from 1. Stored
    // after the word is there.
    std::array<std::atomic<uint32_t>, kPlaces> places{};
    std::unique_ptr<Word[]> words = std::make_unique_for_overwrite<Word[]>(kMostWords);
    size_t count = 0;  // guarded by mutex_
  };

  static int Look(const Tables& tables, std::string_view word, uint64_t hash, size_t* place);
  int Add(std::string_view word, uint64_t hash);

  std::atomic<const Tables*> tables_{nullptr};
  std::atomic<bool> is_full_{false};
  std::atomic<bool> is_useless_{false};
  std::atomic<uint32_t> found_{0};  // while it was not full
  std::mutex mutex_;
  std::unique_ptr<Tables> owned_;  // guarded by mutex_
};

}  // namespace weir::cosmos::emulator
