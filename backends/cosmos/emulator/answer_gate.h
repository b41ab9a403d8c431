// Holds answers back until what they acknowledge is safe. Any thread.
#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace weir::cosmos::emulator {

class AnswerGate {
 public:
  virtual ~AnswerGate() = default;

  // Whether everything up to the ticket is safe already. Ticket 0 always is.
  virtual bool IsOpen(uint64_t ticket) const = 0;
  // Calls `then` once it is, or with the reason why it cannot be made safe; at once or later, on
  // any thread.
  virtual void WhenOpen(uint64_t ticket, std::function<void(const absl::Status&)> then) = 0;
};

}  // namespace weir::cosmos::emulator
