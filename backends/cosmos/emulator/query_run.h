// Runs one query over one physical partition, a page at a time. One thread's; the partition's mutex
// must be held.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/partition.h"
#include "backends/cosmos/emulator/prepared_query.h"
#include "backends/cosmos/emulator/sql/evaluate.h"
#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator {

// Which items of the partition are looked at.
struct ItemScope {
  std::optional<EffectivePartitionKey> key;     // of one logical partition
  std::optional<EffectivePartitionKey> prefix;  // of a hierarchical key
};

// Where the next page begins. It names the last item and not a count of items, so that writes
// between pages neither repeat nor hide others.
struct QueryPosition {
  uint64_t after = 0;  // number of the last item whose rows were all delivered
  int64_t tuples = 0;  // of the item behind it, looked at already: a page may end within a JOIN
  // Found so far, those skipped by OFFSET included; counted only where a part of the items would
  // give other rows: under TOP, OFFSET LIMIT, GROUP BY.
  int64_t rows = 0;
  std::string sort_keys;  // ORDER BY: of the item `after`, as JSON; "" at the start
};

// What a page gathers, over the partitions that it touches.
struct QueryPage {
  int64_t most_rows = 100;
  size_t most_bytes = 4 << 20;
  std::string rows;  // comma-separated JSON
  int64_t count = 0;

  // For the query's metrics.
  bool is_timed = false;
  uint64_t retrieved = 0;  // items loaded
  double retrieved_kb = 0;
  int64_t load_ns = 0;  // only when timed

  bool IsFull() const { return count >= most_rows || rows.size() >= most_bytes; }
  void Add(std::string_view row) {
    if (count++ > 0) rows.push_back(',');
    rows.append(row);
  }
};

class QueryRun {
 public:
  QueryRun(const PreparedQuery& prepared, const Container& container,
           simdjson::dom::parser* parser);

  // Adds rows to the page from *position on and moves it. True when the partition has been walked
  // to its end. *charge is what this partition's part costs;
  // null when it is not a query's charge that is asked for.
  bool Run(Partition& partition, const ItemScope& scope, bool strong, QueryPosition* position,
           QueryPage* page, CentiRu* charge);

  // What the items of the last Run cost, in RU, without the query's own part.
  double documents() const { return documents_; }

 private:
  struct SortedItem;
  enum class Delivered { kAll, kPageFull, kLimitReached };

  template <typename Visit>
  bool ForEachCandidate(uint64_t after, Visit visit);
  bool IsInScope(const StoredDocument& document) const;
  void CountRetrieved(const StoredDocument& document);
  void Load(const StoredDocument& document);
  bool Matches(const StoredDocument& document);
  bool ForEachTuple(const std::function<bool()>& visit) const;
  bool AppendRow(const StoredDocument& document, std::string* row) const;
  void Remember();
  Delivered DeliverItem(const StoredDocument& document, double charge, QueryPosition* position);
  bool Stream(QueryPosition* position);
  std::vector<SortedItem> SortedItems();
  size_t Resume(const std::vector<SortedItem>& sorted, const QueryPosition& position);
  bool DeliverSorted(QueryPosition* position);
  bool DeliverCollected(QueryPosition* position);
  std::vector<sql::Value> Collect(const sql::Query& query);
  int64_t FirstRow() const { return query_.offset.value_or(0); }
  int64_t RowsEnd() const;

  const PreparedQuery& prepared_;
  const sql::Query& query_;
  const Container& container_;
  simdjson::dom::parser* parser_;
  std::vector<sql::Value> bindings_;
  sql::Scope scope_;

  // Of the Run in progress.
  Partition* partition_ = nullptr;
  const ItemScope* items_ = nullptr;
  QueryPage* page_ = nullptr;
  std::string text_;  // of the item that is loaded
  std::string row_;
  double documents_ = 0;                   // charge of the items, in RU
  absl::flat_hash_set<std::string> seen_;  // rows, for DISTINCT
};

}  // namespace weir::cosmos::emulator
