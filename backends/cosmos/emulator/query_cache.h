// Queries that were prepared already: a client sends the same body again for every page. One
// thread's.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/indexing_policy.h"
#include "backends/cosmos/emulator/prepared_query.h"

namespace weir::cosmos::emulator {

class QueryCache {
 public:
  // body: {"query":…,"parameters":[…]}. What is prepared depends on it and on the policy only.
  absl::StatusOr<std::shared_ptr<const PreparedQuery>> Prepare(std::string_view body,
                                                               const IndexingPolicy& policy);

  // What the last Prepare took; next to nothing when the query was known.
  int64_t compile_ns() const { return compile_ns_; }

 private:
  absl::StatusOr<PreparedQuery> Read(std::string_view body, const IndexingPolicy& policy);

  simdjson::dom::parser parser_;
  absl::flat_hash_map<std::string, std::shared_ptr<const PreparedQuery>> known_;
  std::string key_;
  int64_t compile_ns_ = 0;
};

}  // namespace weir::cosmos::emulator
