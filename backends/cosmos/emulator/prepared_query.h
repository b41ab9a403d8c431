// A query made ready for one container: parsed, and told what its indexes can do. Immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/indexing_policy.h"
#include "backends/cosmos/emulator/sql/analysis.h"
#include "backends/cosmos/emulator/sql/parser.h"
#include "backends/cosmos/emulator/sql/syntax.h"
#include "backends/cosmos/wire/partition_key.h"

namespace weir::cosmos::emulator {

// A scalar as partition keys and indexes have it; undefined for anything else.
PartitionKeyValue ScalarOf(const sql::Value& value);

struct PreparedQuery {
  // How rows come about over the items of a partition.
  enum class Kind {
    kOnce,       // no FROM: one row, whatever is stored
    kStreamed,   // item after item; a page can end anywhere
    kSorted,     // ORDER BY
    kCollected,  // GROUP BY, aggregates, or a subquery in FROM that gathers rows itself
  };

  sql::Query query;
  Kind kind = Kind::kStreamed;
  // WHERE by its conjuncts, but for those that ask for what JOIN binds.
  std::vector<const sql::Expression*> served;   // an index of the policy answers them
  std::vector<const sql::Expression*> others;   // the item is loaded for them
  bool filters_tuples = false;                  // there are conjuncts that ask for JOIN's bindings
  bool has_tuples = false;                      // an item makes none or several: JOIN, IN, a path
  std::optional<sql::EqualityFilter> equality;  // one of `served`, to find the items by
  std::optional<std::string> id;                // c.id = "…" is one of `served`
  int predicates = 0;
  bool reads_system = false;
  bool order_by_composite = false;
  // An item without the property is not in the index that gives the order: documented for paths
  // that the policy covers but does not name.
  bool order_skips_undefined = false;

  // kInvalidArgument also for an order that the policy has no index for.
  static absl::StatusOr<PreparedQuery> Make(std::string_view text,
                                            const std::vector<sql::Parameter>& parameters,
                                            const IndexingPolicy& policy);
};

}  // namespace weir::cosmos::emulator
