#include "backends/cosmos/emulator/query_cache.h"

#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

constexpr size_t kMostKnown = 64;
constexpr size_t kLongestKept = 4 << 10;  // bytes of a body
constexpr size_t kMaxQueryBytes = 512 << 10;

}  // namespace

absl::StatusOr<std::shared_ptr<const PreparedQuery>> QueryCache::Prepare(
    std::string_view body, const IndexingPolicy& policy) {
  const int64_t begun_ns = MonotonicNs();
  key_.assign(policy.json()).push_back('\n');
  key_.append(body);
  const auto found = known_.find(key_);
  if (found != known_.end()) {
    compile_ns_ = MonotonicNs() - begun_ns;
    return found->second;
  }
  WEIR_ASSIGN_OR_RETURN(PreparedQuery prepared, Read(body, policy));
  auto shared = std::make_shared<const PreparedQuery>(std::move(prepared));
  if (body.size() <= kLongestKept) {
    if (known_.size() >= kMostKnown) known_.clear();
    known_.emplace(key_, shared);
  }
  compile_ns_ = MonotonicNs() - begun_ns;
  return shared;
}

absl::StatusOr<PreparedQuery> QueryCache::Read(std::string_view body,
                                               const IndexingPolicy& policy) {
  element root;
  std::string_view text;
  if (parser_.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS ||
      root["query"].get(text) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the body is not JSON with a query");
  }
  if (text.size() > kMaxQueryBytes) {
    return absl::InvalidArgumentError(
        "The SQL query text exceeded the maximum limit of 524288 bytes");
  }
  std::vector<sql::Parameter> parameters;
  simdjson::dom::array list;
  if (root["parameters"].get(list) == simdjson::SUCCESS) {
    for (const element parameter : list) {
      std::string_view name;
      element value;
      if (parameter["name"].get(name) != simdjson::SUCCESS) {
        return absl::InvalidArgumentError("a parameter needs a name");
      }
      // Without a value it is undefined: JSON has no other way to say so.
      const bool has_value = parameter["value"].get(value) == simdjson::SUCCESS;
      parameters.push_back(
          {std::string(name), has_value ? sql::Value::FromJson(value).Own() : sql::Value()});
    }
  }
  return PreparedQuery::Make(text, parameters, policy);
}

}  // namespace weir::cosmos::emulator
