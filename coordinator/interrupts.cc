#include "coordinator/interrupts.h"

#include <atomic>

namespace weir {
namespace {

std::atomic<int> interrupts{0};

void CountInterrupt(int) { ++interrupts; }

}  // namespace

InterruptWatch::InterruptWatch() {
  interrupts = 0;
  struct sigaction action {};
  action.sa_handler = CountInterrupt;
  sigaction(SIGINT, &action, &before_int_);
  sigaction(SIGTERM, &action, &before_term_);
}

InterruptWatch::~InterruptWatch() {
  sigaction(SIGINT, &before_int_, nullptr);
  sigaction(SIGTERM, &before_term_, nullptr);
}

int InterruptWatch::count() const { return interrupts; }

}  // namespace weir
