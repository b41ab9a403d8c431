// Many records written in one operation: batches by physical partition, as the official SDKs send
// them, several in flight at once.
#pragma once

#include <string>
#include <vector>

#include "backends/cosmos/session_room.h"

namespace weir::cosmos {

// The operations of one bulk request, in order.
struct BulkBatch {
  size_t range = 0;                 // in PartitionRanges
  std::vector<uint32_t> positions;  // of each operation's record in the bulk operation
  std::string body;                 // JSON, without the closing bracket
};

// Fills batches range by range, each up to the limits of one request. Batches are reused.
class BulkBatches {
 public:
  void Start(size_t ranges);
  // An operation, as JSON.
  void Add(size_t range, uint32_t position, std::string_view json);

  size_t size() const { return size_; }
  BulkBatch& operator[](size_t i) { return batches_[i]; }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  BulkBatch& Open(size_t range);

  std::vector<BulkBatch> batches_;
  size_t size_ = 0;
  std::vector<size_t> open_;  // of each range: the batch that is being filled
};

class BulkOperation final : public RunningOperation {
 public:
  explicit BulkOperation(SessionRoom& room) : room_(room) {}

  bool Start(const Operation& operation) override;
  bool OnAnswer(HttpExchange& exchange) override;

 private:
  void FillBatches();
  void SendNext(HttpExchange& exchange);
  void TakeResults(HttpExchange& exchange);
  bool TakeResult(const BatchResult& result, uint32_t position);

  SessionRoom& room_;
  Operation operation_;
  AppliedRecords own_;  // when the caller keeps no account
  AppliedRecords* applied_ = nullptr;
  std::string json_;
  std::string key_json_;
  BulkBatches batches_;
  size_t next_batch_ = 0;
  size_t in_flight_ = 0;
};

}  // namespace weir::cosmos
