// Many records written in one operation: batches by physical partition, as the official SDKs send
// them, several in flight at once. Congestion control may cut a batch and send it part by part.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "backends/cosmos/key_places.h"
#include "backends/cosmos/session_room.h"

namespace weir::cosmos {

// The operations of one bulk request, in order.
struct BulkBatch {
  size_t range = 0;                 // in PartitionRanges
  std::vector<uint32_t> positions;  // of each operation's record in the bulk operation
  std::vector<size_t> ends;         // of each operation in the body
  std::string body;                 // JSON, without the closing bracket

  // The body of a request with `count` operations from `first` on. Takes the body away when it is
  // all of it.
  void MakeBody(size_t first, size_t count, std::string* request);
};

// Fills batches range by range, each up to the limits of one request. Batches are reused.
class BulkBatches {
 public:
  void Start(size_t ranges);
  // An operation: append(std::string*) writes its JSON.
  template <typename Append>
  void Add(size_t range, uint32_t position, Append append) {
    BulkBatch* batch = &Begin(range);
    const size_t before = batch->body.size();
    append(&batch->body);
    if (IsTooLong(*batch)) batch = &MoveLast(range, before);
    batch->positions.push_back(position);
    batch->ends.push_back(batch->body.size());
  }

  size_t size() const { return size_; }
  BulkBatch& operator[](size_t i) { return batches_[i]; }

 private:
  static constexpr size_t kNone = SIZE_MAX;
  BulkBatch& Open(size_t range);
  BulkBatch& Begin(size_t range);  // ready for one more operation
  static bool IsTooLong(const BulkBatch& batch);
  BulkBatch& MoveLast(size_t range, size_t before);

  std::vector<BulkBatch> batches_;
  size_t size_ = 0;
  std::vector<size_t> open_;  // of each range: the batch that is being filled
};

class BulkOperation final : public RunningOperation {
 public:
  explicit BulkOperation(SessionRoom& room) : room_(room) {}

  bool Start(const Operation& operation) override;
  bool OnAnswer(HeldExchange& exchange) override;
  void Abandon() override;

 private:
  // The batches of one partition; at most one part of them at a time waits to be admitted.
  struct Line final : HeldRequest {
    explicit Line(BulkOperation& of) : operation(of) {}
    void OnAdmitted(const Permit& permit) override;
    bool done() const { return next == batches.size(); }

    BulkOperation& operation;
    std::vector<size_t> batches;
    size_t next = 0;   // in batches
    size_t first = 0;  // operation of that batch which has not been sent
    bool asking = false;
  };
  // What an exchange carries.
  struct Part {
    size_t batch;
    size_t first;
    size_t count;
  };

  void FillBatches();
  void FormLines();
  void AppendOperation(const Record& record, const KeyPlaces::Place& place, std::string* body);
  void SendMore();
  void Ask(Line& line);
  void SendPart(Line& line, const Permit& permit);
  void BeginRequest(HeldExchange& exchange, size_t range);
  void Withdraw();
  void ShareCharge(const Part& part, MilliRu charge);
  uint32_t TakeResults(HeldExchange& exchange, const Part& part, int64_t* retry_after_ns);
  bool TakeResult(const BatchResult& result, uint32_t position);

  SessionRoom& room_;
  Operation operation_;
  AppliedRecords own_;  // when the caller keeps no account
  AppliedRecords* applied_ = nullptr;
  KeyPlaces places_;
  std::vector<size_t> key_of_;  // by position: in keys_, of what this attempt sends
  BulkBatches batches_;
  std::deque<Line> lines_;  // by range; reused
  size_t ranges_ = 0;
  std::vector<Part> parts_;  // by exchange
  std::vector<uint32_t> free_exchanges_;
  size_t in_flight_ = 0;
  size_t asking_ = 0;
  bool sending_ = false;  // inside SendMore
};

}  // namespace weir::cosmos
