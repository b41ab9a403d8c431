// A queue of fixed capacity in one piece of memory: no allocation per element, unlike std::deque.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "base/check.h"

namespace weir {

template <typename T>
class RingQueue {
 public:
  explicit RingQueue(size_t capacity) : slots_(capacity) {}

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t position) { return slots_[(head_ + position) % slots_.size()]; }
  const T& operator[](size_t position) const { return slots_[(head_ + position) % slots_.size()]; }
  T& front() { return (*this)[0]; }

  void Push(T value) {
    WEIR_CHECK(size_ < slots_.size());
    (*this)[size_++] = std::move(value);
  }
  T Pop() {
    WEIR_CHECK(size_ > 0);
    T value = std::move(front());
    head_ = (head_ + 1) % slots_.size();
    --size_;
    return value;
  }

 private:
  std::vector<T> slots_;
  size_t head_ = 0;
  size_t size_ = 0;
};

}  // namespace weir
