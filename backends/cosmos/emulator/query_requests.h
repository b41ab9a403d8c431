// Requests that read many items of a container: queries and the read feed. One thread's.
#pragma once

#include <simdjson.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/partition_key_reader.h"
#include "backends/cosmos/emulator/query_cache.h"
#include "backends/cosmos/emulator/query_run.h"

namespace weir::cosmos::emulator {

class QueryRequests {
 public:
  // POST …/docs with a query: within a partition key, within a range, or over all partitions where
  // that needs no merging.
  HttpResponse Run(const Container& container, const HttpRequest& request, bool strong);
  // The same with x-ms-cosmos-is-query-plan-request: how a client is to run it over all partitions.
  HttpResponse Plan(const Container& container, const HttpRequest& request);
  // GET …/docs: all items.
  HttpResponse ReadFeed(const Container& container, const HttpRequest& request, bool strong);

 private:
  // The keys a request asks for, and the items among them.
  struct Target {
    KeyRange range;
    std::string_view range_id;  // when the request names a partition: gone with it
    bool is_one_key = false;    // range.low; range.high says nothing then
    ItemScope scope;

    bool IsWithinOne(const PartitionTable& table) const {
      return is_one_key || table.For(range.low).range().high >= range.high;
    }
  };

  // The keys that WHERE leaves, when it fixes the partition key or its first levels.
  static void Narrow(const Container& container, const PreparedQuery& prepared, Target* target);
  std::optional<Target> FindTarget(const Container& container, const HttpRequest& request,
                                   HttpResponse* error);
  static HttpResponse Unmergeable(const Container& container, const HttpRequest& request,
                                  const PreparedQuery& prepared);
  HttpResponse RunPages(const Container& container, const HttpRequest& request,
                        const PreparedQuery& prepared, const Target& target, bool strong,
                        bool is_feed);

  QueryCache cache_;
  simdjson::dom::parser item_parser_;
  PartitionKeyReader key_reader_;
};

}  // namespace weir::cosmos::emulator
