// A query: within one partition if its key is given, otherwise over all partitions at once, page by
// page, put together here. Ends early, with the charge so far, when a page is refused.
#pragma once

#include <memory>
#include <unordered_map>

#include "backends/cosmos/query_merge.h"
#include "backends/cosmos/session_room.h"

namespace weir::cosmos {

class QueryOperation final : public RunningOperation {
 public:
  explicit QueryOperation(SessionRoom& room) : room_(room), merge_(room.shared.form) {}

  bool Start(const Operation& operation) override;
  bool OnAnswer(HeldExchange& exchange) override;

 private:
  static constexpr uint32_t kByKey = UINT32_MAX;  // tag of a request that names a key, not a range

  const QueryPlan& PlanOf(const QuerySpec& spec);
  void SendByKey();
  void SendToRange(HeldExchange& exchange, uint32_t range);
  size_t RangeOf(const HttpExchange& exchange) const;
  void SendPage(HeldExchange& exchange, uint32_t tag, std::string_view continuation);
  bool Continue(HeldExchange& exchange);
  bool Finish();

  SessionRoom& room_;
  QueryMerge merge_;
  std::unordered_map<const QuerySpec*, std::unique_ptr<QueryPlan>> plans_;
  const QueryPlan* plan_ = nullptr;
  absl::Span<const Value> parameters_;
  uint32_t next_range_ = 0;
  uint32_t ranges_end_ = 0;
  size_t key_range_ = 0;  // that the key lies in, when there is one
  size_t in_flight_ = 0;  // or held back
  std::string continuation_;
};

}  // namespace weir::cosmos
