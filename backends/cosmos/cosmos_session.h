// One lane of requests to a container: one operation at a time, which may take several requests at
// once. Lives on its worker's event loop.
#pragma once

#include <memory>
#include <string>

#include "backends/api/backend.h"
#include "backends/cosmos/bulk_operation.h"
#include "backends/cosmos/point_operation.h"
#include "backends/cosmos/query_operation.h"
#include "backends/cosmos/session_room.h"

namespace weir::cosmos {

class CosmosSession final : public Session, private ExchangeHandler, private TimerHandler {
 public:
  // `container`, and the sink, outlive the session. The container's partitions have been read.
  // `holds` is null where nothing is held back.
  CosmosSession(Container& container, std::shared_ptr<HttpEngine> engine,
                std::shared_ptr<HoldQueue> holds, CompletionSink& sink);
  ~CosmosSession() override;

  int Capacity() const override { return state_ == State::kIdle ? 1 : 0; }
  void Start(const Operation& operation, Ticket ticket) override;
  void Abandon(Ticket ticket) override;
  int64_t LastSignNs(Ticket) const override { return room_.LastSignNs(); }

 private:
  enum class State : uint8_t { kIdle, kBusy, kRecovering };

  void OnExchange(HttpExchange& exchange) override;
  void OnTimer() override;
  RunningOperation& OperationFor(const Operation& operation);
  void FinishOperation();
  void Recover(Trouble trouble);
  void Probe();
  void ProbeLater();
  void TakeProbe();

  std::shared_ptr<HttpEngine> engine_;
  std::shared_ptr<HoldQueue> holds_;
  CompletionSink& sink_;
  SessionRoom room_;
  PointOperation point_;
  std::unique_ptr<BulkOperation> bulk_;  // large, and made when the first of them comes
  QueryOperation query_;
  HttpExchange
      probe_;  // reads the partitions anew: after a 410, and to see whether one can connect

  State state_ = State::kIdle;
  RunningOperation* running_ = nullptr;
  Ticket ticket_ = 0;
  std::string detail_;  // of the outcome that is being reported
  int64_t probe_wait_ns_ = 0;
  TimerId timer_ = 0;
};

}  // namespace weir::cosmos
