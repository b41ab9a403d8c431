// Puts a query's answer together from the pages of its partitions. Reused from query to query; one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "absl/status/status.h"

#include "backends/cosmos/query_text.h"

namespace weir::cosmos {

using Scalar = std::variant<double, std::string>;  // booleans as 0 and 1

class QueryMerge {
 public:
  explicit QueryMerge(const DocumentForm& form);
  ~QueryMerge();

  // The plan outlives the query.
  void Start(const QueryPlan& plan);

  // {"Documents":[…]}, in any order of partitions; grown by what the parser needs behind the end.
  absl::Status AddPage(std::string* page);

  // No further page can change the number of rows.
  bool HasEnough() const;

  // Rows of the answer.
  size_t Finish();

  // The answer, after Finish: of an ordered query each row's JSON, of a grouped one its groups.
  struct Group {
    std::vector<Scalar> keys;
    std::vector<double> aggregates;
    std::vector<std::vector<double>> values;  // what the percentiles are of
  };
  std::string_view OrderedRow(size_t i) const;
  const Group& GroupedRow(size_t i) const { return *group_rows_[i]; }

 private:
  struct Parser;
  struct OrderedRowPlace {
    Scalar key;
    size_t offset;
    size_t size;
  };

  absl::Status AddRow(std::string* key_text);
  absl::Status AddOrderedRow();
  absl::Status AddGroupedRow(std::string* key_text);
  absl::Status AddToGroup(Group* group);
  size_t FinishOrdered();
  size_t FinishGrouped();
  void ComputePercentiles(Group* group);
  bool GroupBefore(const Group& a, const Group& b) const;
  size_t Limited(size_t rows) const;

  const DocumentForm& form_;
  const QueryPlan* plan_ = nullptr;
  std::unique_ptr<Parser> parser_;
  size_t rows_ = 0;
  std::string arena_;  // JSON of ordered rows
  std::vector<OrderedRowPlace> ordered_;
  std::unordered_map<std::string, Group> groups_;
  std::vector<Group*> group_rows_;
};

// The smallest value that at least 95 % of the values do not exceed (nearest rank). Reorders
// values; there is at least one.
double NearestRankP95(std::vector<double>* values);

}  // namespace weir::cosmos
