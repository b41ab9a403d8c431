// Queries of what is not items: the feeds of databases, containers and offers. Any thread.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::cosmos::emulator {

struct QueriedFeed {
  std::string json;  // a feed again, with the query's rows in the place of the resources
  int count = 0;
};

// feed: {"_rid":…,"Databases":[…],"_count":…}. body: {"query":…,"parameters":[…]}.
// kInvalidArgument and kUnimplemented say what is wrong with the query.
absl::StatusOr<QueriedFeed> QueryFeed(std::string_view feed, std::string_view body);

}  // namespace weir::cosmos::emulator
