// Who logs: services with their popularity and latency, the regions and the hosts they run on.
// Immutable; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "generators/log_normal.h"
#include "generators/logs_vocabulary.h"
#include "generators/text_appender.h"
#include "generators/weighted_choice.h"
#include "proto/campaign.pb.h"

namespace weir {

class LogsFleet {
 public:
  LogsFleet(const v1::LogsDataset& settings, uint64_t seed);

  uint32_t ChooseService(uint64_t draw) const { return service_choice_.Choose(draw); }
  uint32_t ChooseRegion(uint64_t draw) const { return region_choice_.Choose(draw); }
  // One of the few hosts of the region that run the service; a number within the region.
  uint32_t ChooseHost(uint32_t service, uint32_t region, uint64_t draw) const;

  std::string_view ServiceName(uint32_t service) const { return services_[service].name; }
  std::string_view RegionName(uint32_t region) const { return regions_[region].name.name; }
  const LogNormalLaw& LatencyOf(uint32_t service) const { return services_[service].latency; }
  double MedianLatencyUs(uint32_t service) const { return services_[service].median_us; }
  double LatencySigma(uint32_t service) const { return services_[service].sigma; }
  const Route& RouteOf(uint32_t service, uint32_t route) const {
    return routes_[services_[service].domain][route];
  }

  // Shares of all records.
  double ServiceShare(uint32_t service) const { return services_[service].share; }
  double RegionShare(uint32_t region) const { return regions_[region].share; }

  uint32_t services() const { return static_cast<uint32_t>(services_.size()); }

  // "euw1-n00042"
  void WriteHost(uint32_t region, uint32_t host, TextAppender& text) const {
    text.Append(regions_[region].name.code);
    text.Append("-n");
    text.PaddedDecimal(host, host_digits_);
  }

 private:
  struct Service {
    std::string name;
    uint32_t domain;
    double share;
    double median_us;
    double sigma;
    LogNormalLaw latency;
    uint64_t first_host;  // a draw: where its hosts begin in each region
  };
  struct Region {
    weir::RegionName name;
    double share;
    uint32_t hosts;
  };

  std::vector<Service> services_;
  std::vector<Region> regions_;             // those that have a host
  std::vector<std::vector<Route>> routes_;  // by domain
  WeightedChoice service_choice_;
  WeightedChoice region_choice_;
  int host_digits_;
};

}  // namespace weir
