// What the server has answered to one operation so far, message by message, and the outcome it
// makes. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "backends/api/operation.h"
#include "backends/postgres/server_message.h"

namespace weir {

// What an outcome must know of its operation after the operation itself may be gone.
struct OperationShape {
  OperationKind kind = OperationKind::kRead;
  uint32_t records = 1;
  bool in_doubt = false;  // see Operation::in_doubt
  // The table in which a row of this very operation stands beside its effect, written in the same
  // transaction (R50); empty: none.
  std::string_view guard;
  uint64_t bytes_sent = 0;  // of parameters or COPY data, in PostgreSQL's binary formats
};

class Answer {
 public:
  void Reset();
  void Add(const ServerMessage& message);  // does not keep it
  bool failed() const { return failed_; }

  // Its detail points into this answer.
  Outcome Finish(const OperationShape& shape) const;

 private:
  void AddRefusal(std::string_view body);
  bool TookEffectBefore(const OperationShape& shape) const;
  Outcome Refused() const;

  bool failed_ = false;
  std::string code_;
  std::string refusing_table_;  // whose constraint was violated
  std::string words_;
  uint32_t rows_ = 0;
  uint32_t changed_ = 0;
  uint64_t bytes_received_ = 0;  // of the columns' values
};

}  // namespace weir
