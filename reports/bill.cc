#include "reports/bill.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "reports/quantity.h"

namespace weir {
namespace {

constexpr double kSecondsPerHour = 3600;
constexpr double kBytesPerGib = 1024.0 * 1024 * 1024;

constexpr double kMostSteps = 1e9;  // more than anybody sells

// The next multiple; a demand that is one but for rounding stays as it is.
uint64_t RoundedUp(double value, uint32_t step) {
  const double steps = std::ceil(value / std::max(1u, step) - 1e-9);
  return static_cast<uint64_t>(std::clamp(steps, 0.0, kMostSteps)) * step;
}

void AddPart(std::string what, double quantity, std::string unit, double per_hour,
             const v1::Price& price, std::string price_unit, v1::CostLine* line) {
  v1::CostPart* part = line->add_parts();
  part->set_what(std::move(what));
  part->set_quantity(quantity);
  part->set_unit(std::move(unit));
  part->set_per_hour(per_hour);
  *part->mutable_price() = price;
  part->set_price_unit(std::move(price_unit));
}

void AddUp(double operations_per_s, v1::CostLine* line) {
  line->set_per_hour(line->throughput_per_hour() + line->storage_per_hour() +
                     line->other_per_hour());
  line->set_per_month(line->per_hour() * kHoursPerMonth);
  if (operations_per_s <= 0) return;
  line->set_per_million(line->per_hour() / (operations_per_s * kSecondsPerHour) * 1e6);
}

std::string InRegions(const std::string& unit, uint32_t regions) {
  return regions == 1 ? unit : absl::StrCat(unit, " × ", regions, " regions");
}

// RU/s of provisioned throughput.
void AddThroughput(const CosmosTerms& terms, double ru, const v1::Price& price,
                   v1::CostLine* line) {
  const double hundreds = ru / 100 * terms.regions;
  line->set_throughput_per_hour(hundreds * price.amount());
  AddPart("throughput", hundreds, InRegions("100 RU/s", terms.regions), line->throughput_per_hour(),
          price, "100 RU/s for an hour", line);
}

void AddStorage(const CosmosTerms& terms, const CosmosLoad& load, v1::CostLine* line) {
  const v1::Price& price = terms.prices.storage_per_gb_month();
  const double gb = load.stored_gb * terms.regions;
  line->set_storage_per_hour(gb * price.amount() / kHoursPerMonth);
  AddPart("storage", gb, InRegions("GB", terms.regions), line->storage_per_hour(), price,
          "GB for a month", line);
}

std::string TooLittle(uint64_t ru, const CosmosLoad& load) {
  if (static_cast<double>(ru) >= load.demand_ru_per_s) return "";
  return absl::StrCat("less than the demand of ", CountText(load.demand_ru_per_s),
                      " RU/s: requests are throttled");
}

}  // namespace

const v1::Price& ManualPrice(const CosmosTerms& terms) {
  return terms.many_writes ? terms.prices.manual_per_100_ru_hour_many_writes()
                           : terms.prices.manual_per_100_ru_hour();
}

const v1::Price& AutoscalePrice(const CosmosTerms& terms) {
  return terms.many_writes ? terms.prices.autoscale_per_100_ru_hour_many_writes()
                           : terms.prices.autoscale_per_100_ru_hour();
}

bool HasPrices(const CosmosTerms& terms) {
  return !terms.many_writes || (terms.prices.has_manual_per_100_ru_hour_many_writes() &&
                                terms.prices.has_autoscale_per_100_ru_hour_many_writes());
}

CosmosLoad CosmosLoad::At(double rate_per_s) const {
  CosmosLoad load = *this;
  const double factor = operations_per_s > 0 ? rate_per_s / operations_per_s : 0;
  load.operations_per_s = rate_per_s;
  load.ru_per_s *= factor;
  load.demand_ru_per_s *= factor;
  for (double& peak : load.hour_peaks) peak *= factor;
  return load;
}

uint64_t ManualThroughput(const CosmosTerms& terms, const CosmosLoad& load) {
  const v1::CosmosPrices& prices = terms.prices;
  const double needed = std::max({load.demand_ru_per_s * (1 + terms.headroom),
                                  static_cast<double>(prices.manual_least()),
                                  load.stored_gb * prices.manual_per_gb()});
  return RoundedUp(needed, prices.manual_step());
}

uint64_t AutoscaleMaximum(const CosmosTerms& terms, const CosmosLoad& load) {
  const v1::CosmosPrices& prices = terms.prices;
  const double needed = std::max({load.demand_ru_per_s * (1 + terms.headroom),
                                  static_cast<double>(prices.autoscale_step()),
                                  load.stored_gb * prices.autoscale_per_gb()});
  return RoundedUp(needed, prices.autoscale_step());
}

double AutoscaleBilled(const CosmosTerms& terms, double maximum, double peak_ru_per_s) {
  return std::clamp(peak_ru_per_s, terms.prices.autoscale_floor() * maximum, maximum);
}

v1::CostLine ManualLine(const CosmosTerms& terms, const CosmosLoad& load, uint64_t ru) {
  v1::CostLine line;
  line.set_billing("manual");
  line.set_provisioned_ru(ru);
  AddThroughput(terms, static_cast<double>(ru), ManualPrice(terms), &line);
  AddStorage(terms, load, &line);
  AddUp(load.operations_per_s, &line);
  line.set_caution(TooLittle(ru, load));
  return line;
}

v1::CostLine AutoscaleLine(const CosmosTerms& terms, const CosmosLoad& load, uint64_t ru) {
  v1::CostLine line;
  line.set_billing("autoscale");
  line.set_provisioned_ru(ru);
  double billed = AutoscaleBilled(terms, static_cast<double>(ru), 0);  // without any use
  if (!load.hour_peaks.empty()) {
    billed = 0;
    for (const double peak : load.hour_peaks) {
      billed += AutoscaleBilled(terms, static_cast<double>(ru), peak) /
                static_cast<double>(load.hour_peaks.size());
    }
  }
  AddThroughput(terms, billed, AutoscalePrice(terms), &line);
  AddStorage(terms, load, &line);
  AddUp(load.operations_per_s, &line);
  line.set_caution(TooLittle(ru, load));
  return line;
}

v1::CostLine ServerlessLine(const CosmosTerms& terms, const CosmosLoad& load, uint64_t partitions) {
  v1::CostLine line;
  line.set_billing("serverless");
  const v1::Price& price = terms.prices.serverless_per_million_ru();
  const double millions = load.ru_per_s * kSecondsPerHour / 1e6;
  line.set_throughput_per_hour(millions * price.amount());
  AddPart("request units", millions, "million RU an hour", line.throughput_per_hour(), price,
          "million RU", &line);
  AddStorage(terms, load, &line);
  AddUp(load.operations_per_s, &line);
  const auto most =
      static_cast<double>(terms.prices.serverless_most() * std::max<uint64_t>(1, partitions));
  if (load.demand_ru_per_s > most) {
    line.set_caution(absl::StrCat("more than a serverless container of so many partitions serves (",
                                  CountText(most), " RU/s)"));
  }
  return line;
}

const v1::InstancePrice* FindInstance(const v1::PostgresPrices& prices, const std::string& name) {
  for (const v1::InstancePrice& instance : prices.instances()) {
    if (instance.name() == name) return &instance;
  }
  return nullptr;
}

// "Standard_D4s_v3 (4 vCPUs, 16.0 GiB)": two prices are of the same machine, or they are not.
std::string ClassText(const v1::InstancePrice& instance) {
  const char* plural = instance.vcpus() == 1 ? "" : "s";
  return absl::StrCat(instance.name(), " (", instance.vcpus(), " vCPU", plural, ", ",
                      BytesText(static_cast<double>(instance.memory().bytes())), ")");
}

v1::CostLine InstanceLine(const v1::PostgresPrices& prices, const v1::TargetCost& target,
                          uint64_t stored_bytes, double operations_per_s) {
  const v1::InstancePrice* instance = FindInstance(prices, target.instance());
  WEIR_CHECK(instance != nullptr);
  v1::CostLine line;
  line.set_billing("instance");
  line.set_throughput_per_hour(instance->per_hour().amount());
  AddPart("instance", 1, ClassText(*instance), line.throughput_per_hour(), instance->per_hour(),
          "an hour", &line);
  const v1::Price& storage = prices.storage_per_gib_month();
  const double gib = static_cast<double>(stored_bytes) / kBytesPerGib;
  line.set_storage_per_hour(gib * storage.amount() / kHoursPerMonth);
  AddPart("storage", gib, "GiB", line.storage_per_hour(), storage, "GiB for a month", &line);
  double other = 0;
  if (target.iops() > 0) {
    const double per_hour = target.iops() * prices.iops_month().amount() / kHoursPerMonth;
    AddPart("IOPS", target.iops(), "IOPS", per_hour, prices.iops_month(), "IOPS for a month",
            &line);
    other += per_hour;
  }
  if (target.high_availability()) {
    AddPart("standby", 1, ClassText(*instance), line.throughput_per_hour(), instance->per_hour(),
            "an hour", &line);
    AddPart("standby's storage", gib, "GiB", line.storage_per_hour(), storage, "GiB for a month",
            &line);
    other += line.throughput_per_hour() + line.storage_per_hour();
  }
  line.set_other_per_hour(other);
  AddUp(operations_per_s, &line);
  return line;
}

}  // namespace weir
