// Requests that read many items of a container: queries and the read feed. One thread's.
#pragma once

#include "backends/cosmos/emulator/container.h"
#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/partition_key_reader.h"

namespace weir::cosmos::emulator {

class QueryRequests {
 public:
  HttpResponse Run(const Container&, const HttpRequest&, bool) { return {501, {}, "{}"}; }
  HttpResponse Plan(const Container&, const HttpRequest&) { return {501, {}, "{}"}; }
  HttpResponse ReadFeed(const Container&, const HttpRequest&, bool) { return {501, {}, "{}"}; }
};

}  // namespace weir::cosmos::emulator
