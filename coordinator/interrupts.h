// Counts SIGINT and SIGTERM while it lives, instead of letting them end the process. One at a time,
// on the main thread.
#pragma once

#include <signal.h>

namespace weir {

class InterruptWatch {
 public:
  InterruptWatch();
  ~InterruptWatch();
  InterruptWatch(const InterruptWatch&) = delete;
  InterruptWatch& operator=(const InterruptWatch&) = delete;

  int count() const;

 private:
  struct sigaction before_int_;
  struct sigaction before_term_;
};

}  // namespace weir
