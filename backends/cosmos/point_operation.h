// One document by id and partition key: create, upsert, read, replace, delete. One request.
#pragma once

#include "backends/cosmos/session_room.h"

namespace weir::cosmos {

class PointOperation final : public RunningOperation {
 public:
  explicit PointOperation(SessionRoom& room) : room_(room) {}

  bool Start(const Operation& operation) override;
  bool OnAnswer(HeldExchange& exchange) override;

 private:
  void BeginWrite(HttpExchange& exchange, const Record& record);
  void BeginRequest(HttpExchange& exchange, const Record& record);

  SessionRoom& room_;
  OperationKind kind_ = OperationKind::kRead;
  bool in_doubt_ = false;
  size_t range_ = 0;
};

}  // namespace weir::cosmos
