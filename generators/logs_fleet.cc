#include "generators/logs_fleet.h"

#include <algorithm>
#include <numeric>

#include "base/random.h"
#include "generators/portable_math.h"

namespace weir {
namespace {

constexpr uint32_t kHostsOfService = 8;  // in each region, at most

// The first services are about nine times as busy as the last.
std::vector<uint64_t> ServiceWeights(uint32_t services) {
  std::vector<uint64_t> weights;
  for (uint32_t s = 0; s < services; ++s) {
    weights.push_back((uint64_t{1} << 30) / (s + services / 8 + 1));
  }
  return weights;
}

std::vector<uint64_t> RegionWeights(uint32_t regions) {
  std::vector<uint64_t> weights;
  for (uint32_t r = 0; r < regions; ++r) weights.push_back((1 << 20) / (r + 2));
  return weights;
}

double ShareOf(const std::vector<uint64_t>& weights, uint32_t i) {
  const uint64_t sum = std::accumulate(weights.begin(), weights.end(), uint64_t{0});
  return static_cast<double>(weights[i]) / static_cast<double>(sum);
}

uint32_t RegionsWithHosts(const v1::LogsDataset& settings) {
  return std::min(settings.regions(), settings.hosts());
}

}  // namespace

LogsFleet::LogsFleet(const v1::LogsDataset& settings, uint64_t seed)
    : service_choice_(ServiceWeights(settings.services())),
      region_choice_(RegionWeights(RegionsWithHosts(settings))) {
  const uint64_t key = DeriveKey(seed, "logs services");
  const std::vector<uint64_t> service_weights = ServiceWeights(settings.services());
  const uint64_t service_sum =
      std::accumulate(service_weights.begin(), service_weights.end(), uint64_t{0});
  for (uint32_t s = 0; s < settings.services(); ++s) {
    DrawStream draws(key, s);
    // Medians from 1 ms to 128 ms, evenly on a log scale; σ from 0.4 to 1.1.
    const double median_us = PortableExp(6.907755 + 4.852030 * draws.Unit());
    const double sigma = 0.4 + 0.7 * draws.Unit();
    services_.push_back({weir::ServiceName(s), DomainOfService(s),
                         static_cast<double>(service_weights[s]) / static_cast<double>(service_sum),
                         median_us, sigma, LogNormalLaw::Make(median_us, sigma), draws.Next()});
  }
  const uint32_t regions = RegionsWithHosts(settings);
  for (uint32_t r = 0; r < regions; ++r) {
    const uint32_t hosts = (settings.hosts() - r + regions - 1) / regions;
    regions_.push_back({NameOfRegion(r), ShareOf(RegionWeights(regions), r), hosts});
  }
  for (uint32_t domain = 0; domain < kDomains; ++domain) {
    routes_.push_back(RoutesOfDomain(domain));
  }
  host_digits_ = settings.hosts() > 100'000 ? 8 : 5;
}

uint32_t LogsFleet::ChooseHost(uint32_t service, uint32_t region, uint64_t draw) const {
  const uint64_t hosts = regions_[region].hosts;
  const uint64_t first = Below(services_[service].first_host, hosts);
  const uint64_t host = first + Below(draw, std::min<uint64_t>(hosts, kHostsOfService));
  return static_cast<uint32_t>(host < hosts ? host : host - hosts);
}

}  // namespace weir
