#include "backends/cosmos/emulator/query_run.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/sql/aggregate.h"
#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/printer.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using sql::Value;

constexpr int64_t kLongestPageNs = kNsPerSecond;  // then a streaming page ends early
constexpr int kItemsBetweenClockReads = 1024;

PartitionKeyValue ScalarOf(const Value& value) {
  switch (value.type()) {
    case Value::Type::kNull:
      return PartitionKeyValue::Null();
    case Value::Type::kBoolean:
      return PartitionKeyValue::Bool(value.boolean());
    case Value::Type::kNumber:
      return PartitionKeyValue::Number(value.number());
    case Value::Type::kString:
      return PartitionKeyValue::String(value.text());
    default:
      return {};
  }
}

// Whether the index gives this order, forwards or backwards.
bool Gives(const CompositeIndex& index, const std::vector<sql::OrderItem>& order) {
  if (index.parts.size() != order.size()) return false;
  const bool reversed = index.parts[0].descending != order[0].descending;
  for (size_t i = 0; i < order.size(); ++i) {
    if (sql::PathOf(*order[i].expression) != index.parts[i].path) return false;
    if ((index.parts[i].descending != order[i].descending) != reversed) return false;
  }
  return true;
}

absl::Status CheckOrder(const sql::Query& query, const IndexingPolicy& policy, bool* composite) {
  const auto& order = query.order_by;
  if (order.empty()) return absl::OkStatus();
  *composite = policy.enabled() &&
               std::any_of(policy.composites().begin(), policy.composites().end(),
                           [&](const CompositeIndex& index) { return Gives(index, order); });
  if (*composite) return absl::OkStatus();
  if (order.size() > 1) {
    return absl::InvalidArgumentError(
        "The order by query does not have a corresponding composite index that it can be served "
        "from.");
  }
  const auto path = sql::PathOf(*order[0].expression);
  if (!path || path->empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("Unsupported ORDER BY clause: only a property path can be ordered by, at "
                     "position ",
                     order[0].expression->position));
  }
  if (!policy.Covers(*path)) {
    return absl::InvalidArgumentError(
        "The index path corresponding to the specified order-by item is excluded.");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PreparedQuery> PreparedQuery::Make(std::string_view text,
                                                  const std::vector<sql::Parameter>& parameters,
                                                  const IndexingPolicy& policy) {
  PreparedQuery prepared;
  WEIR_ASSIGN_OR_RETURN(prepared.query, sql::Parse(text, parameters));
  sql::Query& query = prepared.query;
  WEIR_RETURN_IF_ERROR(sql::Analyse(&query));
  WEIR_RETURN_IF_ERROR(CheckOrder(query, policy, &prepared.order_by_composite));
  const auto covers = [&](const PropertyPath& path) { return policy.Covers(path); };
  for (const sql::Expression* part : sql::Conjuncts(query.where.get())) {
    if (!sql::IsServedByIndex(*part, covers)) {
      prepared.others.push_back(part);
      continue;
    }
    prepared.served.push_back(part);
    auto equality = sql::EqualityOf(*part);
    if (!prepared.equality && equality && equality->path[0][0] != '_') {
      prepared.equality = std::move(equality);
    }
  }
  prepared.predicates = sql::CountPredicates(query.where.get());
  prepared.reads_system = sql::ReadsSystemProperties(query);
  return prepared;
}

int64_t QueryRun::RowsEnd() const {
  if (query_.top) return *query_.top;
  if (query_.limit) return FirstRow() + *query_.limit;
  return std::numeric_limits<int64_t>::max();
}

// ---------------------------------------------------------------------------------- items

bool QueryRun::IsInScope(const StoredDocument& document, const ItemScope& scope) const {
  const EffectivePartitionKey& key = document.logical->key;
  if (scope.key) return key == *scope.key;
  return !scope.prefix || (*scope.prefix <= key && key < EndOfPrefix(*scope.prefix));
}

// Calls visit(item) for the items in scope that may match, ascending by number, until it returns
// false. True when there are no more.
template <typename Visit>
bool QueryRun::ForEachCandidate(Partition& partition, const ItemScope& scope, uint64_t after,
                                Visit visit) {
  if (scope.key) {
    const LogicalPartition* logical = partition.FindLogical(*scope.key);
    const StoredDocument* item = logical == nullptr ? nullptr : logical->first;
    for (; item != nullptr; item = item->next) {
      if (item->number > after && !visit(*item)) return false;
    }
    return true;
  }
  if (prepared_.equality) {
    const auto& items =
        partition.FindEqual(prepared_.equality->path, ScalarOf(prepared_.equality->value));
    for (const StoredDocument* item : items) {
      if (item->number > after && IsInScope(*item, scope) && !visit(*item)) return false;
    }
    return true;
  }
  for (size_t at = partition.FirstSlotAfter(after); at < partition.slots(); ++at) {
    const StoredDocument* item = partition.slot(at);
    if (item != nullptr && IsInScope(*item, scope) && !visit(*item)) return false;
  }
  return true;
}

sql::Scope QueryRun::Load(const Partition&, const StoredDocument& document) {
  std::string_view json = document.body.json();
  if (prepared_.reads_system) {
    text_.clear();
    container_.properties().AppendJson(document, &text_);
    json = text_;
  }
  simdjson::dom::element root;
  sql::Scope scope;
  if (parser_->parse(json.data(), json.size()).get(root) == simdjson::SUCCESS) {
    scope.item = Value::FromJson(root);
  }
  return scope;
}

// Whether the filter holds; loads the item. An item that an index would have found and that another
// part of the filter refuses is charged as scanned.
bool QueryRun::Matches(const Partition& partition, const StoredDocument& document,
                       sql::Scope* scope) {
  if (query_.where == nullptr && query_.select_all && query_.order_by.empty() && !query_.distinct) {
    return true;  // nothing is asked of the item
  }
  *scope = Load(partition, document);
  const auto holds = [&](const sql::Expression* part) { return sql::Holds(*part, *scope); };
  if (!std::all_of(prepared_.served.begin(), prepared_.served.end(), holds)) return false;
  if (std::all_of(prepared_.others.begin(), prepared_.others.end(), holds)) return true;
  documents_ += container_.charges().ScannedDocument(container_.properties().StoredKb(document));
  return false;
}

// False when the row is undefined and left out.
bool QueryRun::AppendRow(const Partition&, const StoredDocument& document, const sql::Scope& scope,
                         std::string* row) const {
  if (query_.select_all) {
    container_.properties().AppendJson(document, row);
    return true;
  }
  const Value value = sql::Project(query_, scope);
  value.AppendJson(row);
  return !value.IsUndefined();
}

// -------------------------------------------------------------------------------- running

bool QueryRun::Run(Partition& partition, const ItemScope& scope, bool strong,
                   QueryPosition* position, QueryPage* page, CentiRu* charge) {
  documents_ = 0;
  const bool done = prepared_.IsStreaming()   ? Stream(partition, scope, position, page)
                    : query_.IsGrouped()      ? DeliverGroups(partition, scope, position, page)
                    : query_.order_by.empty() ? DeliverDistinct(partition, scope, position, page)
                                              : DeliverSorted(partition, scope, position, page);
  *charge = container_.charges().Query({.partitions = 1,
                                        .filter = prepared_.predicates > 0,
                                        .predicates = prepared_.predicates,
                                        .order_by = !query_.order_by.empty(),
                                        .documents = documents_},
                                       strong);
  return done;
}

bool QueryRun::Stream(Partition& partition, const ItemScope& scope, QueryPosition* position,
                      QueryPage* page) {
  const int64_t rows_end = RowsEnd();
  const int64_t stop_ns = MonotonicNs() + kLongestPageNs;
  int until_clock = kItemsBetweenClockReads;
  bool limit_reached = position->rows >= rows_end;
  if (limit_reached) return true;
  std::string row;
  const bool walked =
      ForEachCandidate(partition, scope, position->after, [&](const StoredDocument& document) {
        if (page->IsFull()) return false;
        if (--until_clock == 0) {
          if (MonotonicNs() > stop_ns) return false;
          until_clock = kItemsBetweenClockReads;
        }
        position->after = document.number;
        sql::Scope loaded;
        if (!Matches(partition, document, &loaded)) return true;
        ++page->retrieved;
        row.clear();
        if (!AppendRow(partition, document, loaded, &row)) return true;
        documents_ +=
            container_.charges().ReturnedDocument(container_.properties().StoredKb(document));
        if (position->rows++ >= FirstRow()) page->Add(row);
        limit_reached = position->rows >= rows_end;
        return !limit_reached;
      });
  return walked || limit_reached;
}

struct QueryRun::Row {
  std::vector<Value> keys;
  const StoredDocument* document;
};

std::vector<QueryRun::Row> QueryRun::SortedRows(Partition& partition, const ItemScope& scope) {
  std::vector<Row> rows;
  ForEachCandidate(partition, scope, 0, [&](const StoredDocument& document) {
    sql::Scope loaded;
    if (!Matches(partition, document, &loaded)) return true;
    Row row{{}, &document};
    for (const sql::OrderItem& item : query_.order_by) {
      row.keys.push_back(sql::Evaluate(*item.expression, loaded).Own());
    }
    rows.push_back(std::move(row));
    return true;
  });
  std::stable_sort(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
    for (size_t i = 0; i < query_.order_by.size(); ++i) {
      const int order = sql::Order(a.keys[i], b.keys[i]);
      if (order != 0) return query_.order_by[i].descending ? order > 0 : order < 0;
    }
    return false;
  });
  return rows;
}

bool QueryRun::DeliverSorted(Partition& partition, const ItemScope& scope, QueryPosition* position,
                             QueryPage* page) {
  const std::vector<Row> sorted = SortedRows(partition, scope);
  absl::flat_hash_set<std::string> seen;
  const int64_t rows_end = RowsEnd();
  int64_t found = 0;
  std::string text;
  for (const Row& row : sorted) {
    if (found >= rows_end) return true;
    const bool wanted = found >= FirstRow() && found >= position->rows;
    if (wanted && page->IsFull()) return false;
    if (!wanted && !query_.distinct && !query_.select_value) {  // no row can vanish
      ++found;
      continue;
    }
    text.clear();
    if (!AppendRow(partition, *row.document, Load(partition, *row.document), &text)) continue;
    if (query_.distinct && !seen.insert(text).second) continue;
    ++found;
    if (!wanted) continue;
    position->rows = found;
    ++page->retrieved;
    page->Add(text);
    const double kb = container_.properties().StoredKb(*row.document);
    documents_ += prepared_.order_by_composite ? container_.charges().ReturnedDocument(kb)
                                               : container_.charges().SortedDocument(kb);
  }
  return true;
}

// Rows that are known as text: those from position->rows on, within OFFSET and LIMIT.
bool QueryRun::Deliver(const std::vector<std::string>& rows, QueryPosition* position,
                       QueryPage* page) const {
  const auto end = std::min(RowsEnd(), static_cast<int64_t>(rows.size()));
  int64_t at = std::max(position->rows, FirstRow());
  for (; at < end && !page->IsFull(); ++at) page->Add(rows[static_cast<size_t>(at)]);
  position->rows = at;
  return at >= end;
}

bool QueryRun::DeliverDistinct(Partition& partition, const ItemScope& scope,
                               QueryPosition* position, QueryPage* page) {
  std::vector<std::string> rows;
  absl::flat_hash_set<std::string> seen;
  ForEachCandidate(partition, scope, 0, [&](const StoredDocument& document) {
    sql::Scope loaded;
    if (!Matches(partition, document, &loaded)) return true;
    ++page->retrieved;
    documents_ += container_.charges().ScannedDocument(container_.properties().StoredKb(document));
    std::string row;
    if (AppendRow(partition, document, loaded, &row) && seen.insert(row).second) {
      rows.push_back(std::move(row));
    }
    return true;
  });
  return Deliver(rows, position, page);
}

bool QueryRun::DeliverGroups(Partition& partition, const ItemScope& scope, QueryPosition* position,
                             QueryPage* page) {
  struct Group {
    std::vector<Value> keys;
    std::vector<sql::Accumulator> accumulators;
  };
  std::vector<Group> groups;
  absl::flat_hash_map<std::string, size_t> by_key;
  const auto add_group = [&](std::vector<Value> keys) {
    groups.push_back({std::move(keys), {}});
    for (const sql::Expression* aggregate : query_.aggregates) {
      groups.back().accumulators.emplace_back(aggregate->aggregate);
    }
  };
  if (query_.group_by.empty()) add_group({});

  std::string key_text;
  ForEachCandidate(partition, scope, 0, [&](const StoredDocument& document) {
    sql::Scope loaded;
    if (!Matches(partition, document, &loaded)) return true;
    ++page->retrieved;
    documents_ += container_.charges().ScannedDocument(container_.properties().StoredKb(document));
    size_t group = 0;
    if (!query_.group_by.empty()) {
      std::vector<Value> keys;
      key_text.clear();
      for (const auto& key : query_.group_by) {
        keys.push_back(sql::Evaluate(*key, loaded).Own());
        keys.back().AppendJson(&key_text);
        key_text.push_back(',');
      }
      const auto [place, made] = by_key.try_emplace(key_text, groups.size());
      group = place->second;
      if (made) add_group(std::move(keys));
    }
    for (size_t i = 0; i < query_.aggregates.size(); ++i) {
      groups[group].accumulators[i].Add(sql::Evaluate(*query_.aggregates[i]->children[0], loaded));
    }
    return true;
  });

  std::vector<std::string> rows;
  absl::flat_hash_set<std::string> seen;
  for (const Group& group : groups) {
    std::vector<Value> results;
    for (const auto& accumulator : group.accumulators) results.push_back(accumulator.Result());
    const sql::Scope result{{}, group.keys, results};
    std::string row;
    const Value value = sql::Project(query_, result);
    value.AppendJson(&row);
    if (value.IsUndefined() || (query_.distinct && !seen.insert(row).second)) continue;
    rows.push_back(std::move(row));
  }
  return Deliver(rows, position, page);
}

}  // namespace weir::cosmos::emulator
