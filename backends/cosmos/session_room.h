// What the operations of one session work with: connections, request building, the partitions, the
// way past congestion control, and room that is reused. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/api/record.h"
#include "backends/cosmos/answer_reader.h"
#include "backends/cosmos/document.h"
#include "backends/cosmos/gateway.h"
#include "backends/cosmos/hold_queue.h"
#include "backends/cosmos/http/http_engine.h"
#include "backends/cosmos/key_parts.h"
#include "backends/cosmos/partition_ranges.h"
#include "backends/cosmos/session_tokens.h"
#include "backends/cosmos/verdicts.h"

namespace weir::cosmos {

// The container under test as all sessions of a backend see it. Immutable but for `ranges`, which
// is thread-safe.
struct Container {
  Gateway gateway;
  const RecordSource& records;
  DocumentForm form;
  std::string consistency;  // as in the header; empty: the account's
  bool minimal_response;
  bool scans_allowed;  // queries may run without an index
  uint32_t page_size;
  RangeDirectory ranges;
};

class SessionRoom;

// An exchange that is sent when congestion control admits it.
class HeldExchange final : public HttpExchange, public HeldRequest {
 public:
  HeldExchange(HttpEngine& engine, ExchangeHandler& handler, SessionRoom& room)
      : HttpExchange(engine, handler), room_(room) {}
  void OnAdmitted(const Permit& admitted) override;

  Permit permit;  // of what is in flight

 private:
  SessionRoom& room_;
};

class SessionRoom {
 public:
  // All outlive the room. `holds` is null where nothing is held back.
  SessionRoom(Container& shared, HttpEngine& engine, HoldQueue* holds, ExchangeHandler& handler);
  ~SessionRoom();
  SessionRoom(const SessionRoom&) = delete;
  SessionRoom& operator=(const SessionRoom&) = delete;

  // Exchange i of the session, made at its first use.
  HeldExchange& exchange(size_t i);
  // Ends an operation early: what is in flight or waits is given up.
  void CancelAll();

  // Sends the exchange, when it may be sent, to a partition (position in ranges()).
  void Send(HeldExchange& exchange, size_t range, OperationKind kind);
  // As Send, for whoever sends by itself when it is told that it may, and then calls NoteSent.
  void Ask(HeldRequest* request);
  void NoteSent();
  // Gives up asking; whether it was.
  bool Withdraw(HeldRequest* request);
  // Withdraws every exchange; how many there were.
  size_t WithdrawExchanges();
  // Each sent exchange once, after NoteAnswer: how much of it was refused for lack of throughput.
  void NoteRefused(HeldExchange& exchange, uint32_t refused, int64_t retry_after_ns);
  // When a part of a longer operation was last answered, or held back.
  int64_t LastSignNs() const;
  void NoteSign();
  // Since the last call: how long requests were held back while none was in flight.
  int64_t TakeHeldNs();

  // The partitions as last read by any session; the same until the next LookUpRanges.
  void LookUpRanges();
  // Whether somebody has read them anew since.
  bool RangesOutdated() const { return ranges_version_ != shared.ranges.version(); }
  const PartitionRanges& ranges() const { return *ranges_; }

  // Makes a record; valid until the next.
  const Record& MakeRecord(uint64_t index, uint64_t revision);

  void AddPartitionKey(HttpExchange& exchange, const PartitionKeyValue& key);
  // Where keys are wanted.
  void TellKey(const PartitionKeyValue& key, KeyParts* keys);
  void AddReadConditions(HttpExchange& exchange);

  // Adds one answer to the sum, as that of the partition that it names, or else of `range`, which
  // was asked. The judgement of transport errors is made here as well.
  Judgement NoteAnswer(OperationKind kind, HeldExchange& exchange, size_t range, OutcomeSum* sum);

  Container& shared;
  RequestMaker requests;
  AnswerReader reader;
  std::string key_text;

 private:
  int32_t Answerer(const AnswerHeaders& headers, size_t range) const;
  void KeepHoldClock();

  HttpEngine& engine_;
  HoldQueue* const holds_;
  ExchangeHandler& handler_;
  std::vector<std::unique_ptr<HeldExchange>> exchanges_;
  uint32_t asking_ = 0;     // requests that wait
  uint32_t in_flight_ = 0;  // requests that were sent
  int64_t held_since_ns_ = -1;
  int64_t held_ns_ = 0;
  int64_t last_sign_ns_ = INT64_MIN;
  std::shared_ptr<const PartitionRanges> ranges_;
  uint64_t ranges_version_ = 0;
  Record record_;
  std::string key_header_;
  bool keeps_tokens_;
  SessionTokens tokens_;
};

// One kind of operation, reused from operation to operation.
class RunningOperation {
 public:
  virtual ~RunningOperation() = default;
  // Sends the first requests; false when there is nothing to do. What `operation` points to stays
  // valid until the end.
  virtual bool Start(const Operation& operation) = 0;
  // True when the operation is over and sum() complete.
  virtual bool OnAnswer(HeldExchange& exchange) = 0;
  // Gives up what the room does not know of.
  virtual void Abandon() {}

  OutcomeSum& sum() { return sum_; }
  KeyParts& keys() { return keys_; }

 protected:
  OutcomeSum sum_;
  KeyParts keys_;
};

}  // namespace weir::cosmos
