// What a load costs, for each way to pay for it: the arithmetic of R35, by the prices of a price
// book. Pure. A month is 730 hours. Money is in the book's currency.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proto/campaign.pb.h"
#include "proto/prices.pb.h"
#include "proto/results.pb.h"

namespace weir {

inline constexpr double kHoursPerMonth = 730;

// How a Cosmos DB account is set up, and by what rule its throughput is chosen.
struct CosmosTerms {
  const v1::CosmosPrices& prices;
  uint32_t regions = 1;  // that hold the data; each is paid
  bool many_writes = false;
  double headroom = 0.2;  // on top of the demand, as part of it
};

// All that a bill of Cosmos DB depends on; rates per second.
struct CosmosLoad {
  double operations_per_s = 0;     // that succeed
  double ru_per_s = 0;             // consumed, mean, all attempts
  double demand_ru_per_s = 0;      // what has to be there, before headroom
  std::vector<double> hour_peaks;  // RU/s: the highest second of each hour
  double stored_gb = 0;            // 10⁹ bytes, data and indexes, of one copy

  // The same mix at another rate: everything but what is stored grows with it.
  CosmosLoad At(double rate_per_s) const;
};

// Of 100 RU/s for an hour, by whether every region takes writes.
const v1::Price& ManualPrice(const CosmosTerms& terms);
const v1::Price& AutoscalePrice(const CosmosTerms& terms);
// False where the book lacks them: then nothing may be priced by these terms.
bool HasPrices(const CosmosTerms& terms);

// RU/s to buy: the demand with headroom, the least that the stored data allow, rounded up to what
// is sold.
uint64_t ManualThroughput(const CosmosTerms& terms, const CosmosLoad& load);
uint64_t AutoscaleMaximum(const CosmosTerms& terms, const CosmosLoad& load);

// RU/s that autoscale bills in an hour with this highest second: never more than the maximum, never
// less than the book's floor of it.
double AutoscaleBilled(const CosmosTerms& terms, double maximum, double peak_ru_per_s);

// `ru`: provisioned RU/s, or the maximum.
v1::CostLine ManualLine(const CosmosTerms& terms, const CosmosLoad& load, uint64_t ru);
v1::CostLine AutoscaleLine(const CosmosTerms& terms, const CosmosLoad& load, uint64_t ru);
// Serverless accounts have one region; `partitions` bounds what a container serves.
v1::CostLine ServerlessLine(const CosmosTerms& terms, const CosmosLoad& load, uint64_t partitions);

// An instance with its storage, IOPS and standby, each a part of its own; the same at any rate. The
// class is one of the book's.
v1::CostLine InstanceLine(const v1::PostgresPrices& prices, const v1::TargetCost& target,
                          uint64_t stored_bytes, double operations_per_s);

// Null when the book has no such class.
const v1::InstancePrice* FindInstance(const v1::PostgresPrices& prices, const std::string& name);

}  // namespace weir
