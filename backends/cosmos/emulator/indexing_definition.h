// The text of an indexing policy: read, judged as the service judges it, and written as the service
// returns it. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace weir::cosmos::emulator {

// A property path: {"user", "id"}; an array's elements are "[]".
using PropertyPath = std::vector<std::string>;

// "/user/id" or "/\"odd name\"/x". kInvalidArgument says near which position it cannot be accepted.
absl::StatusOr<PropertyPath> ParsePropertyPath(std::string_view text);

struct IndexingDefinition {
  struct CompositePart {
    std::string path;
    bool descending = false;
  };

  // json: the object "indexingPolicy"; empty for the default policy (everything but _etag). What is
  // left out is filled in as the service does. kInvalidArgument says what is wrong with it.
  static absl::StatusOr<IndexingDefinition> Read(std::string_view json);

  std::string Json() const;

  bool enabled = true;    // indexingMode is not none
  bool automatic = true;  // items are indexed unless the request says otherwise
  std::vector<std::string> included;
  std::vector<std::string> excluded;
  std::vector<std::vector<CompositePart>> composites;
  std::string spatial_json;  // an array, as given: it has no effect on request units here
};

}  // namespace weir::cosmos::emulator
