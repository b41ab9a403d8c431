#include "backends/cosmos/emulator/prepared_query.h"

#include <algorithm>
#include <utility>

#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

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

bool IsNamed(const IndexingPolicy& policy, const PropertyPath& path) {
  int at = IndexingPolicy::kRoot;
  for (const std::string& name : path) {
    const PathNode::Child* child = policy.node(at).Find(name);
    if (child == nullptr) return false;
    at = child->node;
  }
  const PathNode& node = policy.node(at);
  return node.here == PathNode::Rule::kIncluded || node.below == PathNode::Rule::kIncluded;
}

absl::Status CheckOrder(const IndexingPolicy& policy, std::string_view text,
                        PreparedQuery* prepared) {
  const auto& order = prepared->query.order_by;
  if (order.empty()) return absl::OkStatus();
  for (const sql::OrderItem& item : order) {
    const auto path = sql::PathOf(*item.expression);
    if (path && !path->empty()) continue;
    return sql::FinishError(
        sql::QueryError("SC2204",
                        "Unsupported ORDER BY clause. ORDER BY item expression could not be mapped "
                        "to a document path.",
                        item.expression->extent),
        text);
  }
  prepared->order_by_composite =
      policy.enabled() &&
      std::any_of(policy.composites().begin(), policy.composites().end(),
                  [&](const CompositeIndex& index) { return Gives(index, order); });
  if (prepared->order_by_composite) return absl::OkStatus();
  if (order.size() > 1) {
    return absl::InvalidArgumentError(
        "The order by query does not have a corresponding composite index that it can be served "
        "from.");
  }
  const auto path = sql::PathOf(*order[0].expression);
  if (!policy.Covers(*path)) {
    return absl::InvalidArgumentError(
        "The index path corresponding to the specified order-by item is excluded.");
  }
  prepared->order_skips_undefined = !IsNamed(policy, *path);
  return absl::OkStatus();
}

PreparedQuery::Kind KindOf(const sql::Query& query) {
  if (query.sources.empty()) return PreparedQuery::Kind::kOnce;
  const sql::Query* inner = query.Inner();
  if (query.IsGrouped() || (inner != nullptr && sql::NeedsMerging(*inner))) {
    return PreparedQuery::Kind::kCollected;
  }
  return query.order_by.empty() ? PreparedQuery::Kind::kStreamed : PreparedQuery::Kind::kSorted;
}

}  // namespace

PartitionKeyValue ScalarOf(const sql::Value& value) {
  switch (value.type()) {
    case sql::Value::Type::kNull:
      return PartitionKeyValue::Null();
    case sql::Value::Type::kBoolean:
      return PartitionKeyValue::Bool(value.boolean());
    case sql::Value::Type::kNumber:
      return PartitionKeyValue::Number(value.number());
    case sql::Value::Type::kString:
      return PartitionKeyValue::String(value.text());
    default:
      return {};
  }
}

absl::StatusOr<PreparedQuery> PreparedQuery::Make(std::string_view text,
                                                  const std::vector<sql::Parameter>& parameters,
                                                  const IndexingPolicy& policy) {
  PreparedQuery prepared;
  WEIR_ASSIGN_OR_RETURN(prepared.query, sql::Parse(text, parameters));
  const sql::Query& query = prepared.query;
  WEIR_RETURN_IF_ERROR(CheckOrder(policy, text, &prepared));
  prepared.kind = KindOf(query);
  prepared.has_tuples = query.sources.size() > 1 ||
                        (!query.sources.empty() && query.sources[0].collection != nullptr);
  const auto covers = [&](const PropertyPath& path) { return policy.Covers(path); };
  for (const sql::Expression* part : sql::Conjuncts(query.where.get())) {
    if (sql::UsesJoins(query, *part)) {
      prepared.filters_tuples = true;
      continue;
    }
    if (!sql::IsServedByIndex(*part, covers)) {
      prepared.others.push_back(part);
      continue;
    }
    prepared.served.push_back(part);
    auto equality = sql::EqualityOf(*part);
    if (equality && equality->path == PropertyPath{"id"} &&
        equality->value.type() == sql::Value::Type::kString) {
      prepared.id = std::string(equality->value.text());
    }
    if (!prepared.equality && equality && equality->path[0][0] != '_') {
      prepared.equality = std::move(equality);
    }
  }
  prepared.predicates = sql::CountPredicates(query.where.get());
  prepared.reads_system = sql::ReadsSystemProperties(query);
  return prepared;
}

}  // namespace weir::cosmos::emulator
