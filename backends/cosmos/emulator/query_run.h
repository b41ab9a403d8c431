// Runs one query over one physical partition, a page at a time. One thread's; the partition's mutex
// must be held.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/partition.h"
#include "backends/cosmos/emulator/sql/analysis.h"
#include "backends/cosmos/emulator/sql/evaluate.h"
#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator {

// A query made ready for one container.
struct PreparedQuery {
  sql::Query query;
  std::vector<const sql::Expression*> served;   // conjuncts that an index of the policy answers
  std::vector<const sql::Expression*> others;   // those for which the item is loaded
  std::optional<sql::EqualityFilter> equality;  // one of `served`, to find the items by
  int predicates = 0;
  bool reads_system = false;
  bool order_by_composite = false;

  // kInvalidArgument also for an order that the policy has no index for.
  static absl::StatusOr<PreparedQuery> Make(std::string_view text,
                                            const std::vector<sql::Parameter>& parameters,
                                            const IndexingPolicy& policy);

  // Whether rows come one by one as items are walked, so that a page can end anywhere.
  bool IsStreaming() const {
    return !query.IsGrouped() && !query.distinct && query.order_by.empty();
  }
};

// Which items of the partition are looked at.
struct ItemScope {
  std::optional<EffectivePartitionKey> key;     // of one logical partition
  std::optional<EffectivePartitionKey> prefix;  // of a hierarchical key
};

// Where the next page begins.
struct QueryPosition {
  uint64_t after = 0;  // streaming: number of the last item that was walked
  int64_t rows = 0;    // rows found so far, those skipped by OFFSET included
};

// What a page gathers, over the partitions that it touches.
struct QueryPage {
  int64_t most_rows = 100;
  size_t most_bytes = 4 << 20;
  std::string rows;  // comma-separated JSON
  int64_t count = 0;
  uint64_t retrieved = 0;  // items loaded

  bool IsFull() const { return count >= most_rows || rows.size() >= most_bytes; }
  void Add(std::string_view row) {
    if (count++ > 0) rows.push_back(',');
    rows.append(row);
  }
};

class QueryRun {
 public:
  QueryRun(const PreparedQuery& prepared, const Container& container, simdjson::dom::parser* parser)
      : prepared_(prepared), query_(prepared.query), container_(container), parser_(parser) {}

  // Adds rows to the page from *position on and moves it. True when the partition has been walked
  // to its end. *charge is what this partition's part costs.
  bool Run(Partition& partition, const ItemScope& scope, bool strong, QueryPosition* position,
           QueryPage* page, CentiRu* charge);

  // What the items of the last Run cost, in RU, without the query's own part.
  double documents() const { return documents_; }

 private:
  struct Row;
  template <typename Visit>
  bool ForEachCandidate(Partition& partition, const ItemScope& scope, uint64_t after, Visit visit);
  bool IsInScope(const StoredDocument& document, const ItemScope& scope) const;
  sql::Scope Load(const Partition& partition, const StoredDocument& document);
  bool Matches(const Partition& partition, const StoredDocument& document, sql::Scope* scope);
  bool Stream(Partition& partition, const ItemScope& scope, QueryPosition* position,
              QueryPage* page);
  bool DeliverSorted(Partition& partition, const ItemScope& scope, QueryPosition* position,
                     QueryPage* page);
  bool DeliverGroups(Partition& partition, const ItemScope& scope, QueryPosition* position,
                     QueryPage* page);
  bool DeliverDistinct(Partition& partition, const ItemScope& scope, QueryPosition* position,
                       QueryPage* page);
  std::vector<Row> SortedRows(Partition& partition, const ItemScope& scope);
  bool Deliver(const std::vector<std::string>& rows, QueryPosition* position,
               QueryPage* page) const;
  bool AppendRow(const Partition& partition, const StoredDocument& document,
                 const sql::Scope& scope, std::string* row) const;
  int64_t FirstRow() const { return query_.offset.value_or(0); }
  int64_t RowsEnd() const;

  const PreparedQuery& prepared_;
  const sql::Query& query_;
  const Container& container_;
  simdjson::dom::parser* parser_;
  std::string text_;      // of the item that is loaded
  double documents_ = 0;  // charge of the items, in RU
};

}  // namespace weir::cosmos::emulator
