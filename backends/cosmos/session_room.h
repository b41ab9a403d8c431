// What the operations of one session work with: connections, request building, the partitions, and
// room that is reused. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "backends/api/record.h"
#include "backends/cosmos/answer_reader.h"
#include "backends/cosmos/document.h"
#include "backends/cosmos/gateway.h"
#include "backends/cosmos/http_engine.h"
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

class SessionRoom {
 public:
  // All outlive the room.
  SessionRoom(Container& shared, HttpEngine& engine, ExchangeHandler& handler);

  // Exchange i of the session, made at its first use.
  HttpExchange& exchange(size_t i);
  void CancelAll();

  // The partitions as last read by any session; the same until the next LookUpRanges.
  void LookUpRanges();
  const PartitionRanges& ranges() const { return *ranges_; }

  // Makes a record; valid until the next.
  const Record& MakeRecord(uint64_t index, uint64_t revision);

  void AddPartitionKey(HttpExchange& exchange, const PartitionKeyValue& key);
  void AddReadConditions(HttpExchange& exchange);

  // Adds one answer to the sum, as that of the partition that it names, or else of `range`, which
  // was asked. The judgement of transport errors is made here as well.
  Judgement NoteAnswer(OperationKind kind, HttpExchange& exchange, size_t range, OutcomeSum* sum);

  Container& shared;
  RequestMaker requests;
  AnswerReader reader;
  std::string key_text;

 private:
  int32_t Answerer(const AnswerHeaders& headers, size_t range) const;

  HttpEngine& engine_;
  ExchangeHandler& handler_;
  std::vector<std::unique_ptr<HttpExchange>> exchanges_;
  std::shared_ptr<const PartitionRanges> ranges_;
  uint64_t ranges_version_ = 0;
  Record record_;
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
  virtual bool OnAnswer(HttpExchange& exchange) = 0;

  OutcomeSum& sum() { return sum_; }

 protected:
  OutcomeSum sum_;
};

}  // namespace weir::cosmos
