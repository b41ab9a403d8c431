#include "backends/cosmos/emulator/resource_query.h"

#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"

#include "backends/cosmos/emulator/query_cache.h"
#include "backends/cosmos/emulator/sql/evaluate.h"
#include "backends/cosmos/emulator/sql/rows.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using sql::Value;

// Everything is indexed: any order is possible.
const IndexingPolicy& EveryPath() {
  static const auto* const policy = new IndexingPolicy(*IndexingPolicy::Compile("", {}));
  return *policy;
}

class FeedQuery {
 public:
  explicit FeedQuery(const sql::Query& query)
      : query_(query), bindings_(static_cast<size_t>(query.bindings)) {
    scope_.bindings = absl::MakeSpan(bindings_);
    scope_.now_us = WallUnixNs() / 1000;
  }

  std::vector<Value> Run(std::vector<Value> resources) {
    if (!query_.order_by.empty()) Sort(&resources);
    sql::RowCollector collector(query_);
    bool goes_on = true;
    for (Value& resource : resources) {
      if (!goes_on) break;
      bindings_[0] = std::move(resource);
      sql::ForEachTuple(query_, scope_, 0, [&] { return goes_on = collector.Add(scope_); });
    }
    return collector.Finish(scope_);
  }

 private:
  struct Keyed {
    std::vector<Value> keys;
    Value resource;
  };

  void Sort(std::vector<Value>* resources) {
    std::vector<Keyed> keyed;
    for (Value& resource : *resources) {
      bindings_[0] = resource;
      Keyed& item = keyed.emplace_back();
      for (const sql::OrderItem& key : query_.order_by) {
        item.keys.push_back(sql::Evaluate(*key.expression, scope_).Own());
      }
      item.resource = std::move(resource);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [&](const Keyed& a, const Keyed& b) {
      for (size_t i = 0; i < a.keys.size(); ++i) {
        const int order = sql::Order(a.keys[i], b.keys[i]);
        if (order != 0) return (order < 0) != query_.order_by[i].descending;
      }
      return false;
    });
    resources->clear();
    for (Keyed& item : keyed) resources->push_back(std::move(item.resource));
  }

  const sql::Query& query_;
  std::vector<Value> bindings_;
  sql::Scope scope_;
};

}  // namespace

absl::StatusOr<QueriedFeed> QueryFeed(std::string_view feed, std::string_view body) {
  thread_local QueryCache queries;
  WEIR_ASSIGN_OR_RETURN(const std::shared_ptr<const PreparedQuery> prepared,
                        queries.Prepare(body, EveryPath()));
  simdjson::dom::parser parser;
  simdjson::dom::object root;
  WEIR_CHECK(parser.parse(feed.data(), feed.size()).get(root) == simdjson::SUCCESS);
  std::string list;
  std::vector<Value> resources;
  for (const auto& [name, value] : root) {
    if (!value.is_array()) continue;
    list = name;
    for (const simdjson::dom::element member : value.get_array()) {
      resources.push_back(Value::FromJson(member));
    }
  }
  QueriedFeed queried{.json = absl::StrCat(R"({"_rid":"",")", list, R"(":[)")};
  for (const Value& row : FeedQuery(prepared->query).Run(std::move(resources))) {
    if (row.IsUndefined()) continue;
    if (queried.count++ > 0) queried.json.push_back(',');
    row.AppendJson(&queried.json);
  }
  absl::StrAppend(&queried.json, R"(],"_count":)", queried.count, "}");
  return queried;
}

}  // namespace weir::cosmos::emulator
