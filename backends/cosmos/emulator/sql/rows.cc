#include "backends/cosmos/emulator/sql/rows.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "backends/cosmos/emulator/json_text.h"

namespace weir::cosmos::emulator::sql {
namespace {

using Type = Value::Type;

void AppendCanonical(const Value& value, std::string* out) {
  if (value.type() == Type::kArray) {
    out->push_back('[');
    for (const Value& element : value.ElementList()) {
      AppendCanonical(element, out);
      out->push_back(',');
    }
    out->push_back(']');
  } else if (value.type() == Type::kObject) {
    Value::Members members = value.MemberList();
    std::sort(members.begin(), members.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
    out->push_back('{');
    for (const auto& [name, member] : members) {
      if (member.IsUndefined()) continue;
      AppendJsonString(name, out);
      out->push_back(':');
      AppendCanonical(member, out);
      out->push_back(',');
    }
    out->push_back('}');
  } else {
    value.AppendJson(out);
  }
}

// Calls next for each value that the source binds.
bool ForEachValue(const Source& source, const Scope& scope, const std::function<bool()>& next) {
  Value& bound = scope.bindings[static_cast<size_t>(source.slot)];
  const auto bind = [&](const Value& value) {
    if (value.IsUndefined()) return true;
    if (!source.iterates) {
      bound = value;
      return next();
    }
    for (Value& element : value.ElementList()) {
      bound = std::move(element);
      if (!next()) return false;
    }
    return true;
  };
  if (source.collection == nullptr) return next();
  if (source.collection->kind != Expression::Kind::kSubquery) {
    return bind(Evaluate(*source.collection, scope));
  }
  for (const Value& row : Rows(*source.collection->query, scope)) {
    if (!bind(row)) return false;
  }
  return true;
}

bool BindFrom(const Query& query, const Scope& scope, size_t at,
              const std::function<bool()>& visit) {
  if (at < query.sources.size()) {
    return ForEachValue(query.sources[at], scope,
                        [&] { return BindFrom(query, scope, at + 1, visit); });
  }
  return query.where != nullptr && !Holds(*query.where, scope) ? true : visit();
}

}  // namespace

std::string Canonical(const Value& value) {
  std::string text;
  AppendCanonical(value, &text);
  return text;
}

bool ForEachTuple(const Query& query, const Scope& scope, size_t first,
                  const std::function<bool()>& visit) {
  return BindFrom(query, scope, first, visit);
}

RowCollector::RowCollector(const Query& query)
    : query_(query), end_(std::numeric_limits<int64_t>::max()) {
  if (query.top) end_ = *query.top;
  if (query.offset) {
    first_ = *query.offset;
    end_ = *query.offset + *query.limit;
  }
  if (query.IsGrouped() && query.group_by.empty()) AddGroup({});
}

void RowCollector::AddGroup(std::vector<Value> keys) {
  groups_.push_back({std::move(keys), {}});
  for (const Expression* aggregate : query_.aggregates) {
    groups_.back().accumulators.emplace_back(aggregate->aggregate);
  }
}

bool RowCollector::Add(const Scope& scope) {
  if (!query_.IsGrouped()) return AddRow(Project(query_, scope));
  AddToGroup(scope);
  return true;
}

void RowCollector::AddToGroup(const Scope& scope) {
  size_t group = 0;
  if (!query_.group_by.empty()) {
    std::vector<Value> keys;
    std::string text;
    for (const ExpressionPtr& key : query_.group_by) {
      keys.push_back(Evaluate(*key, scope));
      AppendCanonical(keys.back(), &text);
      text.push_back(',');
    }
    const auto [place, made] = by_key_.try_emplace(std::move(text), groups_.size());
    group = place->second;
    if (made) {
      for (Value& key : keys) key = key.Own();
      AddGroup(std::move(keys));
    }
  }
  for (size_t i = 0; i < query_.aggregates.size(); ++i) {
    groups_[group].accumulators[i].Add(Evaluate(*query_.aggregates[i]->children[0], scope));
  }
}

bool RowCollector::AddRow(Value row) {
  if (found_ >= end_) return false;
  if (row.IsUndefined()) return true;
  if (query_.distinct && !seen_.insert(Canonical(row)).second) return true;
  if (found_++ >= first_) rows_.push_back(row.Own());
  return found_ < end_;
}

std::vector<Value> RowCollector::Finish(const Scope& scope) {
  for (const Group& group : groups_) {
    std::vector<Value> results;
    results.reserve(group.accumulators.size());
    for (const Accumulator& accumulator : group.accumulators) {
      results.push_back(accumulator.Result());
    }
    Scope finished = scope;
    finished.group_keys = group.keys;
    finished.aggregates = results;
    if (!AddRow(Project(query_, finished))) break;
  }
  return std::move(rows_);
}

std::vector<Value> Rows(const Query& query, const Scope& scope) {
  RowCollector collector(query);
  ForEachTuple(query, scope, 0, [&] { return collector.Add(scope); });
  return collector.Finish(scope);
}

}  // namespace weir::cosmos::emulator::sql
