#include "backends/cosmos/emulator/query_run.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "backends/cosmos/emulator/sql/rows.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

using sql::Value;

constexpr int64_t kLongestPageNs = kNsPerSecond;  // then a streaming page ends early
constexpr int kItemsBetweenClockReads = 1024;
constexpr size_t kLongestSortKeys = 1000;  // in a continuation, which travels in a header
constexpr std::string_view kKeysTooLong = "long";

// [[1],[],["x"]]: each key in an array of its own, an empty one for undefined.
std::string SortKeysJson(const std::vector<Value>& keys) {
  std::string json = "[";
  for (size_t i = 0; i < keys.size(); ++i) {
    json.append(i > 0 ? ",[" : "[");
    keys[i].AppendJson(&json);
    json.push_back(']');
  }
  json.push_back(']');
  return json.size() > kLongestSortKeys ? std::string(kKeysTooLong) : json;
}

std::vector<Value> ReadSortKeys(const std::string& json) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::vector<Value> keys;
  if (parser.parse(json).get(root) != simdjson::SUCCESS) return keys;
  for (const Value& key : Value::FromJson(root).ElementList()) {
    keys.push_back(key.Element(0).Own());
  }
  return keys;
}

}  // namespace

QueryRun::QueryRun(const PreparedQuery& prepared, const Container& container,
                   simdjson::dom::parser* parser)
    : prepared_(prepared),
      query_(prepared.query),
      container_(container),
      parser_(parser),
      bindings_(static_cast<size_t>(prepared.query.bindings)) {
  scope_.bindings = absl::MakeSpan(bindings_);
  scope_.now_us = WallUnixNs() / 1000;
}

int64_t QueryRun::RowsEnd() const {
  if (query_.top) return *query_.top;
  if (query_.limit) return FirstRow() + *query_.limit;
  return std::numeric_limits<int64_t>::max();
}

// ---------------------------------------------------------------------------------- items

bool QueryRun::IsInScope(const StoredDocument& document) const {
  const EffectivePartitionKey& key = document.logical()->key;
  if (items_->key) return key == *items_->key;
  return !items_->prefix || (*items_->prefix <= key && key < EndOfPrefix(*items_->prefix));
}

// Calls visit(item) for the items in scope that may match, ascending by number, until it returns
// false. True when there are no more.
template <typename Visit>
bool QueryRun::ForEachCandidate(uint64_t after, Visit visit) {
  if (items_->key && prepared_.id) {
    const StoredDocument* item = partition_->FindItem(*items_->key, *prepared_.id);
    return item == nullptr || item->number() <= after || visit(*item);
  }
  if (items_->key) {
    const LogicalPartition* logical = partition_->FindLogical(*items_->key);
    const StoredDocument* item = logical == nullptr ? nullptr : logical->first;
    for (; item != nullptr; item = item->next()) {
      if (item->number() > after && !visit(*item)) return false;
    }
    return true;
  }
  if (prepared_.equality) {
    const auto& items =
        partition_->FindEqual(prepared_.equality->path, ScalarOf(prepared_.equality->value));
    for (const StoredDocument* item : items) {
      if (item->number() > after && IsInScope(*item) && !visit(*item)) return false;
    }
    return true;
  }
  auto walk = partition_->ItemsAfter(after);
  while (const StoredDocument* item = walk.Next()) {
    if (IsInScope(*item) && !visit(*item)) return false;
  }
  return true;
}

// With the properties that the server adds, as they are stored.
void QueryRun::CountRetrieved(const StoredDocument& document) {
  ++page_->retrieved;
  page_->retrieved_kb += container_.properties().StoredKb(document);
}

// Binds the item, for the next Evaluate.
void QueryRun::Load(const StoredDocument& document) {
  const int64_t begun_ns = page_->is_timed ? MonotonicNs() : 0;
  text_.clear();
  if (prepared_.reads_system) {
    container_.properties().AppendJson(document, &text_);
  } else {
    document.AppendJson(&text_);
  }
  text_.reserve(text_.size() + simdjson::SIMDJSON_PADDING);
  simdjson::dom::element root;
  const bool is_read =
      parser_->parse(text_.data(), text_.size(), /*realloc_if_needed=*/false).get(root) ==
      simdjson::SUCCESS;
  bindings_[0] = is_read ? Value::FromJson(root) : Value();
  CountRetrieved(document);
  if (page_->is_timed) page_->load_ns += MonotonicNs() - begun_ns;
}

// Whether the filter on the item holds; loads it. An item that an index would have found and that
// another part of the filter refuses is charged as scanned.
bool QueryRun::Matches(const StoredDocument& document) {
  if (query_.where == nullptr && query_.select_all &&
      prepared_.kind == PreparedQuery::Kind::kStreamed && !prepared_.has_tuples &&
      !query_.distinct) {
    CountRetrieved(document);
    return true;  // nothing is asked of the item
  }
  Load(document);
  const auto holds = [&](const sql::Expression* part) { return sql::Holds(*part, scope_); };
  if (!std::all_of(prepared_.served.begin(), prepared_.served.end(), holds)) return false;
  if (std::all_of(prepared_.others.begin(), prepared_.others.end(), holds)) return true;
  documents_ += container_.charges().ScannedDocument(container_.properties().StoredKb(document));
  return false;
}

// What the loaded item makes of FROM and JOIN; Matches has been asked already.
bool QueryRun::ForEachTuple(const std::function<bool()>& visit) const {
  return prepared_.has_tuples ? sql::ForEachTuple(query_, scope_, 0, visit) : visit();
}

// False when the row is undefined and left out.
bool QueryRun::AppendRow(const StoredDocument& document, std::string* row) const {
  if (query_.select_all && !prepared_.has_tuples) {
    container_.properties().AppendJson(document, row);
    return true;
  }
  const Value value = sql::Project(query_, scope_);
  value.AppendJson(row);
  return !value.IsUndefined();
}

// -------------------------------------------------------------------------------- running

bool QueryRun::Run(Partition& partition, const ItemScope& scope, bool strong,
                   QueryPosition* position, QueryPage* page, CentiRu* charge) {
  partition_ = &partition;
  items_ = &scope;
  page_ = page;
  documents_ = 0;
  seen_.clear();
  bool done = true;
  switch (prepared_.kind) {
    case PreparedQuery::Kind::kStreamed:
      done = Stream(position);
      break;
    case PreparedQuery::Kind::kSorted:
      done = DeliverSorted(position);
      break;
    case PreparedQuery::Kind::kOnce:
    case PreparedQuery::Kind::kCollected:
      done = DeliverCollected(position);
      break;
  }
  if (charge == nullptr) return done;
  *charge = container_.charges().Query({.partitions = 1,
                                        .filter = prepared_.predicates > 0,
                                        .predicates = prepared_.predicates,
                                        .order_by = !query_.order_by.empty(),
                                        .documents = documents_},
                                       strong);
  return done;
}

// The rows of an item that a page before this one has delivered: DISTINCT must not repeat them.
void QueryRun::Remember() {
  ForEachTuple([&] {
    const Value row = sql::Project(query_, scope_);
    if (!row.IsUndefined()) seen_.insert(sql::Canonical(row));
    return true;
  });
}

// The rows of the loaded item, from position->tuples on; `charge` once when there is any.
QueryRun::Delivered QueryRun::DeliverItem(const StoredDocument& document, double charge,
                                          QueryPosition* position) {
  const int64_t rows_end = RowsEnd();
  const bool is_limited = query_.top || query_.offset;
  int64_t tuple = 0;
  bool any = false;
  Delivered delivered = Delivered::kAll;
  ForEachTuple([&] {
    if (tuple++ < position->tuples) {
      if (query_.distinct) seen_.insert(sql::Canonical(sql::Project(query_, scope_)));
      return true;
    }
    if (page_->IsFull()) {
      delivered = Delivered::kPageFull;
      return false;
    }
    position->tuples = tuple;
    row_.clear();
    if (!AppendRow(document, &row_)) return true;
    any = true;
    if (query_.distinct && !seen_.insert(sql::Canonical(sql::Project(query_, scope_))).second) {
      return true;
    }
    const bool is_skipped = position->rows < FirstRow();
    if (!is_skipped) page_->Add(row_);
    if (is_limited) ++position->rows;
    if (position->rows >= rows_end) delivered = Delivered::kLimitReached;
    return delivered == Delivered::kAll;
  });
  if (any) {
    documents_ += charge;
  } else if (prepared_.filters_tuples && tuple == 0) {
    documents_ += container_.charges().ScannedDocument(container_.properties().StoredKb(document));
  }
  if (delivered == Delivered::kAll) {
    position->after = document.number();
    position->tuples = 0;
  }
  return delivered;
}

bool QueryRun::Stream(QueryPosition* position) {
  if (position->rows >= RowsEnd()) return true;
  const int64_t stop_ns = MonotonicNs() + kLongestPageNs;
  int until_clock = kItemsBetweenClockReads;
  Delivered delivered = Delivered::kAll;
  const uint64_t resumed_after = position->after;
  const bool replays = query_.distinct && (resumed_after > 0 || position->tuples > 0);
  const bool walked = ForEachCandidate(replays ? 0 : resumed_after, [&](const auto& document) {
    if (document.number() <= resumed_after) {
      if (Matches(document)) Remember();
      return true;
    }
    if (page_->IsFull()) return false;
    if (--until_clock == 0) {
      if (MonotonicNs() > stop_ns) return false;
      until_clock = kItemsBetweenClockReads;
    }
    if (!Matches(document)) {
      position->after = document.number();
      position->tuples = 0;
      return true;
    }
    const double kb = container_.properties().StoredKb(document);
    const double charge = query_.distinct ? container_.charges().ScannedDocument(kb)
                                          : container_.charges().ReturnedDocument(kb);
    delivered = DeliverItem(document, charge, position);
    return delivered == Delivered::kAll;
  });
  return walked || delivered == Delivered::kLimitReached;
}

// ------------------------------------------------------------------------------ ORDER BY

struct QueryRun::SortedItem {
  std::vector<Value> keys;
  const StoredDocument* document;
};

namespace {

// −1, 0, 1 in the order that is asked for.
int Compare(const std::vector<sql::OrderItem>& order, const std::vector<Value>& a,
            const std::vector<Value>& b) {
  for (size_t i = 0; i < order.size() && i < a.size() && i < b.size(); ++i) {
    const int compared = sql::Order(a[i], b[i]);
    if (compared != 0) return order[i].descending ? -compared : compared;
  }
  return 0;
}

}  // namespace

// Equal keys stay in the order of the items' numbers.
std::vector<QueryRun::SortedItem> QueryRun::SortedItems() {
  std::vector<SortedItem> items;
  ForEachCandidate(0, [&](const StoredDocument& document) {
    if (!Matches(document)) return true;
    SortedItem item{{}, &document};
    for (const sql::OrderItem& key : query_.order_by) {
      item.keys.push_back(sql::Evaluate(*key.expression, scope_).Own());
    }
    if (prepared_.order_skips_undefined && item.keys[0].IsUndefined()) return true;
    items.push_back(std::move(item));
    return true;
  });
  std::stable_sort(items.begin(), items.end(), [&](const SortedItem& a, const SortedItem& b) {
    return Compare(query_.order_by, a.keys, b.keys) < 0;
  });
  return items;
}

// The first item behind the position. Keys too long for a continuation are those of an item that is
// looked for by its number.
size_t QueryRun::Resume(const std::vector<SortedItem>& sorted, const QueryPosition& position) {
  if (position.sort_keys.empty()) return 0;
  std::vector<Value> keys = ReadSortKeys(position.sort_keys);
  if (position.sort_keys == kKeysTooLong) {
    const auto last = std::find_if(sorted.begin(), sorted.end(), [&](const auto& item) {
      return item.document->number() == position.after;
    });
    if (last == sorted.end()) return 0;  // it is gone: rather twice than never
    keys = last->keys;
  }
  const auto first = std::partition_point(sorted.begin(), sorted.end(), [&](const auto& item) {
    const int compared = Compare(query_.order_by, item.keys, keys);
    return compared < 0 || (compared == 0 && item.document->number() <= position.after);
  });
  for (auto item = sorted.begin(); query_.distinct && item != first; ++item) {
    Load(*item->document);
    Remember();
  }
  return static_cast<size_t>(first - sorted.begin());
}

bool QueryRun::DeliverSorted(QueryPosition* position) {
  if (position->rows >= RowsEnd()) return true;
  const std::vector<SortedItem> sorted = SortedItems();
  const bool rows_may_vanish = query_.distinct || query_.select_value || prepared_.has_tuples;
  size_t at = Resume(sorted, *position);
  const auto set_position = [&](size_t next) {
    if (next == 0) return;
    position->after = sorted[next - 1].document->number();
    position->sort_keys = SortKeysJson(sorted[next - 1].keys);
  };
  for (; at < sorted.size(); ++at) {
    const StoredDocument& document = *sorted[at].document;
    if (position->rows < FirstRow() && !rows_may_vanish) {
      ++position->rows;
      continue;
    }
    if (page_->IsFull()) break;
    Load(document);
    const double kb = container_.properties().StoredKb(document);
    const double charge = prepared_.order_by_composite ? container_.charges().ReturnedDocument(kb)
                                                       : container_.charges().SortedDocument(kb);
    const Delivered delivered = DeliverItem(document, charge, position);
    if (delivered == Delivered::kLimitReached) return true;
    if (delivered == Delivered::kPageFull) break;
  }
  set_position(at);
  return at >= sorted.size();
}

// ------------------------------------------------------------------ GROUP BY and the like

// The rows of a query that gathers them over all items, or over the rows of another such query.
std::vector<Value> QueryRun::Collect(const sql::Query& query) {
  sql::RowCollector collector(query);
  const auto add = [&] { return collector.Add(scope_); };
  const sql::Query* inner = query.Inner();
  if (query.sources.empty()) {
    sql::ForEachTuple(query, scope_, 0, add);
  } else if (inner != nullptr && sql::NeedsMerging(*inner)) {
    const sql::Source& source = query.sources[0];
    for (const Value& row : Collect(*inner)) {
      const Value::Elements bound = source.iterates ? row.ElementList() : Value::Elements(1, row);
      for (const Value& value : bound) {
        bindings_[static_cast<size_t>(source.slot)] = value;
        sql::ForEachTuple(query, scope_, 1, add);
      }
    }
  } else {
    ForEachCandidate(0, [&](const StoredDocument& document) {
      if (&query != &query_) {
        Load(document);
      } else if (!Matches(document)) {
        return true;
      }
      documents_ +=
          container_.charges().ScannedDocument(container_.properties().StoredKb(document));
      // The filter on an item that is its own tuple has been asked.
      const bool is_tuple = &query == &query_ && !prepared_.has_tuples;
      return is_tuple ? add() : sql::ForEachTuple(query, scope_, 0, add);
    });
  }
  return collector.Finish(scope_);
}

// TOP and OFFSET LIMIT are applied already: position->rows counts what has been delivered.
bool QueryRun::DeliverCollected(QueryPosition* position) {
  const std::vector<Value> rows = Collect(query_);
  const auto end = static_cast<int64_t>(rows.size());
  int64_t at = position->rows;
  for (; at < end && !page_->IsFull(); ++at) {
    row_.clear();
    rows[static_cast<size_t>(at)].AppendJson(&row_);
    page_->Add(row_);
  }
  position->rows = at;
  return at >= end;
}

}  // namespace weir::cosmos::emulator
