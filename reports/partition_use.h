// What the physical partitions and the keys of a leg had of its provisioned throughput. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "proto/results.pb.h"

namespace weir {

// By request units, or attempts where there are none.
std::vector<v1::PartitionUse> BusiestPartitions(const v1::Leg& leg, size_t most);

// Physical partitions as the database states them at the start, those without any use included;
// those that were used where it states nothing.
uint64_t PhysicalPartitions(const v1::Leg& leg);

// Request units of the busiest physical partition ÷ mean of all of them. 0 without request units.
double PartitionSkew(const v1::Leg& leg);

// RU/s over the measure phase, weighted by time: a change by the campaign's rule counts from when
// the database had carried it out. 0 where nothing is provisioned.
double MeanProvisionedRu(const v1::Leg& leg);

// "97 % of the provisioned 24,000 RU/s was used …", with skew and the share of requests that were
// throttled; empty where nothing is provisioned or nothing is known of partitions.
std::string UtilisationText(const v1::Leg& leg);

// Keys that certainly took part, as text: "\"eu\" 34.0 %, \"us\" 21.0 % of the request units";
// empty when there are none.
std::string HotKeysText(const v1::Leg& leg);

struct HotKey {
  std::string key;         // as JSON
  std::string operations;  // "1,234", or "1,200 – 1,234" where the count is not exact
  std::string ru;
  double share = 0;  // of the request units, or of the attempts where there are none
};
// Those that stand out: no key that may as well have been used once.
std::vector<HotKey> HotKeys(const v1::Leg& leg);

}  // namespace weir
