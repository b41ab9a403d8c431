#include "coordinator/cli/prices_command.h"

#include <cstdio>

#include "absl/strings/str_cat.h"

#include "coordinator/price_book.h"

namespace weir {
namespace {

std::string HoldingsOf(const v1::RegionPrices& region) {
  std::string text = region.has_cosmos() ? "Cosmos DB" : "";
  const int classes = region.postgres().instances_size();
  if (classes > 0) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", "PostgreSQL in ", classes,
                    classes == 1 ? " instance class" : " instance classes");
  }
  return text.empty() ? "no prices" : text;
}

}  // namespace

ExitCode PricesCommand(const std::string& path) {
  if (path.empty()) {
    std::fputs(DefaultPriceBookText(), stdout);
    return kExitValid;
  }
  const PriceBookReading reading = ReadPriceBookFile(path);
  for (const Problem& problem : reading.problems) {
    std::fprintf(stderr, "%s\n", ToString(problem).c_str());
  }
  if (!reading.problems.empty()) return kExitBadCampaign;
  const v1::PriceBook& book = reading.book;
  std::printf("%s: price book '%s' of %s in %s is fine\n", path.c_str(), book.name().c_str(),
              book.date().c_str(), book.currency().c_str());
  for (const v1::RegionPrices& region : book.regions()) {
    std::printf("  %s: %s\n", region.name().c_str(), HoldingsOf(region).c_str());
  }
  return kExitValid;
}

}  // namespace weir
