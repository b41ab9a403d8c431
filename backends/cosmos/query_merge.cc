#include "backends/cosmos/query_merge.h"

#include <simdjson.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir::cosmos {
namespace {

using simdjson::SUCCESS;
using simdjson::ondemand::json_type;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

absl::Status Broken(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("a page of a query is not what was expected: ", what));
}

bool ReadScalar(object& row, std::string_view name, Scalar* scalar) {
  value json;
  json_type type;
  if (row.find_field_unordered(name).get(json) != SUCCESS) return false;
  if (json.type().get(type) != SUCCESS) return false;
  std::string_view text;
  double number = 0;
  bool boolean = false;
  switch (type) {
    case json_type::string:
      if (json.get_string().get(text) != SUCCESS) return false;
      *scalar = std::string(text);
      return true;
    case json_type::number:
      if (json.get_double().get(number) != SUCCESS) return false;
      *scalar = number;
      return true;
    case json_type::boolean:
      if (json.get_bool().get(boolean) != SUCCESS) return false;
      *scalar = boolean ? 1.0 : 0.0;
      return true;
    default:
      return false;
  }
}

bool ReadNumber(object& row, std::string_view name, double* number) {
  return row.find_field_unordered(name).get_double().get(*number) == SUCCESS;
}

// A text that is the same exactly for equal keys.
void AppendKey(const Scalar& key, std::string* out) {
  if (const auto* text = std::get_if<std::string>(&key)) {
    absl::StrAppend(out, "t", text->size(), ":", *text);
  } else {
    absl::StrAppend(out, "n", absl::Hex(std::bit_cast<uint64_t>(std::get<double>(key))), ";");
  }
}

std::string ColumnName(char prefix, size_t i) { return absl::StrCat(std::string(1, prefix), i); }

}  // namespace

double NearestRankP95(std::vector<double>* values) {
  const size_t rank = (values->size() * 95 + 99) / 100;
  const auto at = values->begin() + static_cast<std::ptrdiff_t>(rank - 1);
  std::nth_element(values->begin(), at, values->end());
  return *at;
}

struct QueryMerge::Parser {
  simdjson::ondemand::parser json;
  object row;
};

QueryMerge::QueryMerge(const DocumentForm& form)
    : form_(form), parser_(std::make_unique<Parser>()) {}
QueryMerge::~QueryMerge() = default;

void QueryMerge::Start(const QueryPlan& plan) {
  plan_ = &plan;
  rows_ = 0;
  arena_.clear();
  ordered_.clear();
  groups_.clear();
  group_rows_.clear();
}

absl::Status QueryMerge::AddPage(std::string* page) {
  page->reserve(page->size() + simdjson::SIMDJSON_PADDING);
  simdjson::ondemand::document root;
  if (parser_->json.iterate(page->data(), page->size(), page->capacity()).get(root) != SUCCESS) {
    return Broken("no JSON");
  }
  simdjson::ondemand::array documents;
  if (root["Documents"].get_array().get(documents) != SUCCESS) return Broken("no Documents");
  std::string key_text;
  for (auto item : documents) {
    if (item.get_object().get(parser_->row) != SUCCESS) return Broken("a row is no object");
    WEIR_RETURN_IF_ERROR(AddRow(&key_text));
  }
  return absl::OkStatus();
}

absl::Status QueryMerge::AddRow(std::string* key_text) {
  ++rows_;
  if (plan_->merge == MergeKind::kOrdered) return AddOrderedRow();
  if (plan_->merge == MergeKind::kGrouped) return AddGroupedRow(key_text);
  return absl::OkStatus();
}

absl::Status QueryMerge::AddOrderedRow() {
  Scalar key;
  if (!ReadScalar(parser_->row, form_.PropertyName(plan_->spec->order_by_field), &key)) {
    return Broken("a row lacks the field it is ordered by");
  }
  std::string_view json;
  if (parser_->row.reset().error() != SUCCESS || parser_->row.raw_json().get(json) != SUCCESS) {
    return Broken("a row ends early");
  }
  ordered_.push_back({std::move(key), arena_.size(), json.size()});
  arena_.append(json);
  return absl::OkStatus();
}

absl::Status QueryMerge::AddGroupedRow(std::string* key_text) {
  const QuerySpec& spec = *plan_->spec;
  std::vector<Scalar> keys(spec.group_by.size());
  key_text->clear();
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!ReadScalar(parser_->row, ColumnName('k', i), &keys[i]))
      return Broken("a group lacks a key");
    AppendKey(keys[i], key_text);
  }
  const auto [group, is_new] = groups_.try_emplace(*key_text);
  if (is_new) {
    group->second = {std::move(keys), std::vector<double>(spec.aggregates.size()),
                     std::vector<std::vector<double>>(spec.aggregates.size())};
  }
  return AddToGroup(&group->second);
}

absl::Status QueryMerge::AddToGroup(Group* group) {
  const QuerySpec& spec = *plan_->spec;
  for (size_t i = 0; i < spec.aggregates.size(); ++i) {
    const bool percentile = spec.aggregates[i].kind == AggregateKind::kP95;
    double number = 1;  // a document counts as one
    if ((percentile || !plan_->groups_here) &&
        !ReadNumber(parser_->row, ColumnName('a', i), &number)) {
      return Broken("a row lacks an aggregate");
    }
    if (percentile) {
      group->values[i].push_back(number);
    } else {
      group->aggregates[i] += number;
    }
  }
  return absl::OkStatus();
}

bool QueryMerge::HasEnough() const {
  return plan_->merge == MergeKind::kCounted && plan_->spec->limit > 0 &&
         rows_ >= plan_->spec->limit;
}

size_t QueryMerge::Limited(size_t rows) const {
  return plan_->spec->limit > 0 ? std::min<size_t>(rows, plan_->spec->limit) : rows;
}

size_t QueryMerge::Finish() {
  if (plan_->merge == MergeKind::kOrdered) return FinishOrdered();
  if (plan_->merge == MergeKind::kGrouped) return FinishGrouped();
  return Limited(rows_);
}

size_t QueryMerge::FinishOrdered() {
  const bool descending = plan_->spec->descending;
  std::stable_sort(ordered_.begin(), ordered_.end(),
                   [descending](const OrderedRowPlace& a, const OrderedRowPlace& b) {
                     return descending ? b.key < a.key : a.key < b.key;
                   });
  ordered_.resize(Limited(ordered_.size()));
  return ordered_.size();
}

std::string_view QueryMerge::OrderedRow(size_t i) const {
  return std::string_view(arena_).substr(ordered_[i].offset, ordered_[i].size);
}

void QueryMerge::ComputePercentiles(Group* group) {
  for (size_t i = 0; i < group->values.size(); ++i) {
    if (!group->values[i].empty()) group->aggregates[i] = NearestRankP95(&group->values[i]);
  }
}

// Equal aggregates: by the keys, so that a limit cuts at the same place each time.
bool QueryMerge::GroupBefore(const Group& a, const Group& b) const {
  const int by = plan_->spec->order_by_aggregate;
  if (by >= 0 && a.aggregates[by] != b.aggregates[by]) {
    return (a.aggregates[by] < b.aggregates[by]) != plan_->spec->descending;
  }
  return a.keys < b.keys;
}

size_t QueryMerge::FinishGrouped() {
  for (auto& [text, group] : groups_) {
    ComputePercentiles(&group);
    group_rows_.push_back(&group);
  }
  const size_t rows = Limited(group_rows_.size());
  std::partial_sort(group_rows_.begin(), group_rows_.begin() + static_cast<std::ptrdiff_t>(rows),
                    group_rows_.end(),
                    [this](const Group* a, const Group* b) { return GroupBefore(*a, *b); });
  group_rows_.resize(rows);
  return rows;
}

}  // namespace weir::cosmos
