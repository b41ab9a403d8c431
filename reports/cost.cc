#include "reports/cost.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/status.h"
#include "reports/cost_terms.h"
#include "reports/leg_text.h"
#include "reports/metrics.h"
#include "reports/partition_use.h"
#include "reports/quantity.h"
#include "reports/result_row.h"
#include "reports/ru_demand.h"

namespace weir {
namespace {

// From here on a target is not what its users asked for, whatever it costs.
constexpr double kMostThrottled = 0.01;
constexpr double kLeastServed = 0.99;
constexpr double kMostBytes = 9e18;  // what the number of them can be

double Value(const char* metric, const ResultRow& row) { return ValueOf(metric, row).value_or(0); }

v1::Phase PhaseOf(const v1::Leg& leg) {
  return HasPhase(leg, v1::PHASE_MEASURE) ? v1::PHASE_MEASURE : v1::PHASE_LOAD;
}

// ---------------------------------------------------------------------------------- what is stored

struct Stored {
  uint64_t bytes = 0;
  std::string basis;
};

// What the load sent, stretched to all records of the dataset.
uint64_t SentByLoad(const v1::RunResult& run, const v1::Leg& leg) {
  double bytes = 0;
  double records = 0;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() != v1::PHASE_LOAD) continue;
    bytes += static_cast<double>(result.total().bytes_sent());
    records += static_cast<double>(result.total().records());
  }
  if (records <= 0) return 0;
  const double all = bytes / records * static_cast<double>(run.campaign().dataset().records());
  return static_cast<uint64_t>(std::min(all, kMostBytes));
}

Stored StoredBy(const v1::RunResult& run, const v1::Leg& leg, const v1::TargetCost& target) {
  if (target.storage().bytes() > 0) return {target.storage().bytes(), "as the campaign states"};
  uint64_t sent = 0;
  uint64_t told = leg.stored_bytes();
  for (const v1::Leg& other : run.legs()) {
    if (other.target() != leg.target()) continue;
    if (told == 0) told = other.stored_bytes();
    sent = std::max(sent, SentByLoad(run, other));
  }
  if (told > 0) return {told, "as the database tells"};
  if (sent > 0) return {sent, "estimated from what the load sent, indexes left out"};
  return {0, "not known, and not priced"};
}

// ---------------------------------------------------------------------------- is it comparable

// R35: money is not compared at different attainment of what was asked for.
std::string WhyNotCompared(const v1::RunResult& run, const v1::Leg& leg, const ResultRow& row) {
  std::vector<std::string> reasons;
  if (leg.verdict().validity() != v1::VALIDITY_VALID) {
    reasons.push_back(absl::StrCat("its run is ", ValidityWord(leg.verdict().validity())));
  }
  const double throttled = Value("throttled_share", row);
  if (throttled > kMostThrottled) {
    reasons.push_back(absl::StrCat(ShareText(throttled), " of its attempts were throttled"));
  }
  const double served = Value("throughput_ops_per_s", row);
  const double offered = Value("planned_ops_per_s", row);
  if (offered > 0 && served < kLeastServed * offered) {
    reasons.push_back(
        absl::StrCat("it served ", ShareText(served / offered), " of what was offered"));
  }
  const auto missed =
      std::count_if(run.thresholds().begin(), run.thresholds().end(), [&](const auto& threshold) {
        return threshold.scenario() == leg.scenario() && threshold.target() == leg.target() &&
               !threshold.met();
      });
  if (missed > 0) {
    reasons.push_back(
        absl::StrCat("it missed ", missed, missed == 1 ? " threshold" : " thresholds"));
  }
  return absl::StrJoin(reasons, "; ");
}

// -------------------------------------------------------------------------------- the run itself

double HoursOf(const v1::Leg& leg) {
  double hours = 0;
  for (const v1::PhaseSpan& span : leg.spans()) {
    hours += static_cast<double>(span.duration_ns()) / 3.6e12;
  }
  return hours;
}

double RuOf(const v1::Leg& leg) {
  double ru = 0;
  for (const v1::PhaseResult& result : leg.results()) {
    ru += static_cast<double>(result.total().milli_ru()) / 1e3;
  }
  return ru;
}

// ------------------------------------------------------------------------------------ one leg

class LegPricing {
 public:
  LegPricing(const v1::RunResult& run, const v1::Leg& leg, const v1::RegionPrices& prices)
      : run_(run),
        leg_(leg),
        prices_(prices),
        settings_(CostSettings(run.campaign())),
        target_(TargetCostOf(run.campaign(), leg.target())) {
    cost_.set_leg(leg.index());
  }

  // `capacity`: of a search, else null.
  absl::StatusOr<v1::LegCost> Price(const ResultsStore& store, const v1::CapacityResult* capacity) {
    WEIR_ASSIGN_OR_RETURN(const ResultRow row, TotalRow(run_, leg_, PhaseOf(leg_)));
    if (row.seconds <= 0 || Rate(row) <= 0)
      return Missing("nothing succeeded that could be priced");
    WEIR_ASSIGN_OR_RETURN(const RuDemand demand, DemandOf(store, run_, leg_, row.phase));
    Measure(row, demand);
    if (capacity != nullptr) MoveTo(*capacity);
    const v1::Target* target = TargetOf(run_.campaign(), leg_.target());
    if (target != nullptr && target->has_cosmos()) return PriceCosmos(target->cosmos());
    return PriceInstance();
  }

 private:
  v1::LegCost Missing(const std::string& why) {
    cost_.set_missing(why);
    return cost_;
  }

  // A leg that only loads does records.
  static double Rate(const ResultRow& row) {
    return Value(row.phase == v1::PHASE_LOAD ? "records_per_s" : "throughput_ops_per_s", row);
  }

  void Measure(const ResultRow& row, const RuDemand& demand) {
    const bool load = row.phase == v1::PHASE_LOAD;
    cost_.set_basis(load ? "load phase, records" : "measured load");
    cost_.set_rate_per_s(Rate(row));
    cost_.set_offered_per_s(load ? 0 : Value("planned_ops_per_s", row));
    cost_.set_ru_per_operation(Value(load ? "ru_per_record" : "ru_per_operation", row));
    cost_.set_ru_per_s(static_cast<double>(row.tally.counts().milli_ru()) / 1e3 / row.seconds);
    cost_.set_demand_ru_per_s(demand.Percentile(settings_.percentile()));
    for (const double peak : demand.HourPeaks()) cost_.add_hour_peaks_ru_per_s(peak);
    cost_.set_provisioned_ru_per_s(MeanProvisionedRu(leg_));
    const Stored stored = StoredBy(run_, leg_, target_);
    cost_.set_storage_bytes(stored.bytes);
    cost_.set_storage_basis(stored.basis);
    cost_.set_caution(WhyNotCompared(run_, leg_, row));
  }

  // The same mix at the rate that was found: request units grow with it.
  void MoveTo(const v1::CapacityResult& capacity) {
    const double factor = capacity.low_per_s() / cost_.rate_per_s();
    cost_.set_basis("capacity");
    cost_.set_rate_per_s(capacity.low_per_s());
    cost_.set_offered_per_s(capacity.low_per_s());
    cost_.set_ru_per_s(cost_.ru_per_s() * factor);
    cost_.set_demand_ru_per_s(cost_.demand_ru_per_s() * factor);
    for (double& peak : *cost_.mutable_hour_peaks_ru_per_s()) peak *= factor;
  }

  v1::LegCost PriceCosmos(const v1::CosmosTarget& target) {
    if (!prices_.has_cosmos()) {
      return Missing(absl::StrCat("the price book has no Cosmos DB in ", prices_.name()));
    }
    const CosmosTerms terms = TermsOf(run_.campaign(), leg_.target(), prices_.cosmos());
    if (!HasPrices(terms)) {
      return Missing(
          absl::StrCat("the price book has no price of many write regions in ", prices_.name()));
    }
    const CosmosLoad load = LoadOf(cost_);
    cost_.set_required_ru_per_s(ManualThroughput(terms, load));
    *cost_.add_lines() = ManualLine(terms, load, ManualThroughput(terms, load));
    *cost_.add_lines() = AutoscaleLine(terms, load, AutoscaleMaximum(terms, load));
    if (terms.regions == 1) {
      *cost_.add_lines() = ServerlessLine(terms, load, PhysicalPartitions(leg_));
    }
    AddAsRun(terms, load, BillingOf(target));
    const RuWorth worth = WorthOf(terms, BillingOf(target));
    cost_.set_consumed_money(RuOf(leg_) * worth.per_ru);
    cost_.set_provisioned_money(cost_.provisioned_ru_per_s() * worth.provisioned_per_hour *
                                HoursOf(leg_));
    return cost_;
  }

  // What was provisioned for the run, where it is not what is needed anyway.
  void AddAsRun(const CosmosTerms& terms, const CosmosLoad& load, const std::string& billing) {
    const auto ru = static_cast<uint64_t>(std::llround(cost_.provisioned_ru_per_s()));
    for (v1::CostLine& line : *cost_.mutable_lines()) {
      const bool same =
          line.billing() == billing && (billing == "serverless" || line.provisioned_ru() == ru);
      if (same) return line.set_as_run(true);
    }
    if (ru == 0) return;
    v1::CostLine line =
        billing == "autoscale" ? AutoscaleLine(terms, load, ru) : ManualLine(terms, load, ru);
    line.set_as_run(true);
    *cost_.add_lines() = std::move(line);
  }

  v1::LegCost PriceInstance() {
    if (target_.instance().empty()) {
      return Missing("cost.targets of the campaign does not say which instance it runs on");
    }
    if (FindInstance(prices_.postgres(), target_.instance()) == nullptr) {
      return Missing(absl::StrCat("the price book has no instance class ", target_.instance(),
                                  " in ", prices_.name()));
    }
    if (target_.iops() > 0 && !prices_.postgres().has_iops_month()) {
      return Missing(absl::StrCat("the price book has no price of IOPS in ", prices_.name()));
    }
    *cost_.add_lines() =
        InstanceLine(prices_.postgres(), target_, cost_.storage_bytes(), cost_.rate_per_s());
    cost_.mutable_lines(0)->set_as_run(true);
    cost_.set_provisioned_money(cost_.lines(0).per_hour() * HoursOf(leg_));
    return cost_;
  }

  const v1::RunResult& run_;
  const v1::Leg& leg_;
  const v1::RegionPrices& prices_;
  const v1::Cost settings_;
  const v1::TargetCost target_;
  v1::LegCost cost_;
};

// Of a search: the leg that passed nearest to the rate that was found.
const v1::Leg* LegAtCapacity(const v1::RunResult& run, const v1::CapacityResult& capacity) {
  const v1::Leg* nearest = nullptr;
  const auto distance = [&](const v1::Leg& leg) {
    return std::abs(leg.probe().offered_per_s() - capacity.low_per_s());
  };
  for (const v1::Leg& leg : run.legs()) {
    if (leg.scenario() != capacity.scenario() || leg.target() != capacity.target()) continue;
    if (leg.probe().end() != v1::PROBE_END_PASSED || leg.probe().offered_per_s() <= 0) continue;
    if (nearest == nullptr || distance(leg) < distance(*nearest)) nearest = &leg;
  }
  return nearest;
}

absl::Status PriceCapacities(const ResultsStore& store, const v1::RunResult& run,
                             const v1::RegionPrices& prices, v1::CostResult* result) {
  for (const v1::CapacityResult& capacity : run.capacities()) {
    const v1::Leg* leg = capacity.low_per_s() > 0 ? LegAtCapacity(run, capacity) : nullptr;
    if (leg == nullptr) continue;
    WEIR_ASSIGN_OR_RETURN(*result->add_legs(),
                          LegPricing(run, *leg, prices).Price(store, &capacity));
  }
  return absl::OkStatus();
}

absl::Status PriceLegs(const ResultsStore& store, const v1::RunResult& run,
                       const v1::RegionPrices& prices, v1::CostResult* result) {
  if (run.capacities_size() > 0) return PriceCapacities(store, run, prices, result);
  for (const v1::Leg& leg : run.legs()) {
    // What a search that ended before it found anything asked for is nobody's load.
    if (leg.set_aside() || leg.results().empty() || leg.has_probe()) continue;
    WEIR_ASSIGN_OR_RETURN(*result->add_legs(), LegPricing(run, leg, prices).Price(store, nullptr));
  }
  return absl::OkStatus();
}

// ---------------------------------------------------------------------------------- crossings

// Money of different targets is compared where both gave what was asked for.
bool Compared(const WayToPay& a, const WayToPay& b) {
  return a.leg.target() == b.leg.target() || (a.cost.caution().empty() && b.cost.caution().empty());
}

// Neither of the two that cross is asked: at a step a line is on either side of the crossing.
bool IsCheapest(const std::vector<WayToPay>& ways, const WayToPay& below, const WayToPay& above,
                const Crossing& crossing) {
  return std::none_of(ways.begin(), ways.end(), [&](const WayToPay& other) {
    return &other != &below && &other != &above &&
           (Compared(below, other) || Compared(above, other)) &&
           crossing.per_s <= other.curve.up_to_per_s() &&
           other.curve.PerMonth(crossing.per_s) < crossing.per_month * (1 - 1e-6);
  });
}

void AddCrossings(const std::string& scenario, const std::vector<WayToPay>& ways,
                  v1::CostResult* result) {
  const double most = HighestRate(ways);
  const int before = result->crossings_size();
  for (size_t i = 0; i < ways.size(); ++i) {
    for (size_t j = i + 1; j < ways.size(); ++j) {
      if (!Compared(ways[i], ways[j])) continue;
      for (const Crossing& crossing : CrossingsOf(ways[i].curve, ways[j].curve, most)) {
        const auto& below = crossing.first_is_cheaper_below ? ways[i] : ways[j];
        const auto& above = crossing.first_is_cheaper_below ? ways[j] : ways[i];
        v1::CostCrossing* added = result->add_crossings();
        added->set_scenario(scenario);
        added->set_cheaper_below(below.curve.name());
        added->set_cheaper_above(above.curve.name());
        added->set_per_s(crossing.per_s);
        added->set_per_month(crossing.per_month);
        added->set_cheapest(IsCheapest(ways, below, above, crossing));
      }
    }
  }
  std::stable_sort(result->mutable_crossings()->begin() + before,
                   result->mutable_crossings()->end(),
                   [](const auto& a, const auto& b) { return a.per_s() < b.per_s(); });
}

void AddAllCrossings(const v1::RunResult& run, v1::CostResult* result) {
  std::vector<std::string> scenarios;
  for (const v1::Leg& leg : run.legs()) {
    const bool known =
        std::find(scenarios.begin(), scenarios.end(), leg.scenario()) != scenarios.end();
    if (!known) scenarios.push_back(leg.scenario());
  }
  for (const std::string& scenario : scenarios) {
    AddCrossings(scenario, WaysToPay(run, *result, scenario), result);
  }
}

CostCurve CurveOf(const std::string& name, const CosmosTerms& terms, const CosmosLoad& load,
                  const std::string& billing, uint64_t partitions) {
  if (billing == "manual") return CostCurve::Manual(name, terms, load);
  if (billing == "autoscale") return CostCurve::Autoscale(name, terms, load);
  return CostCurve::Serverless(name, terms, load, partitions);
}

bool LastOfItsTarget(const v1::RunResult& run, const v1::CostResult& cost, const v1::Leg& leg) {
  return std::none_of(cost.legs().begin(), cost.legs().end(), [&](const v1::LegCost& other) {
    const v1::Leg& theirs = run.legs(static_cast<int>(other.leg()));
    return theirs.scenario() == leg.scenario() && theirs.target() == leg.target() &&
           theirs.round() > leg.round();
  });
}

}  // namespace

CosmosLoad LoadOf(const v1::LegCost& cost) {
  CosmosLoad load;
  load.operations_per_s = cost.rate_per_s();
  load.ru_per_s = cost.ru_per_s();
  load.demand_ru_per_s = cost.demand_ru_per_s();
  load.hour_peaks.assign(cost.hour_peaks_ru_per_s().begin(), cost.hour_peaks_ru_per_s().end());
  load.stored_gb = static_cast<double>(cost.storage_bytes()) / 1e9;
  return load;
}

bool IsSideBySide(const v1::RunResult& run, const v1::CostResult& cost, const v1::LegCost& leg) {
  return leg.leg() < static_cast<uint32_t>(run.legs_size()) &&
         LastOfItsTarget(run, cost, run.legs(static_cast<int>(leg.leg())));
}

absl::StatusOr<v1::CostResult> ComputeCost(const ResultsStore& store, const v1::RunResult& run,
                                           const v1::PriceBook& book, const std::string& region) {
  const v1::RegionPrices* prices = RegionOf(book, region);
  if (prices == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("the price book ", book.name(), " has no region ", region));
  }
  v1::CostResult result;
  WEIR_RETURN_IF_ERROR(PriceLegs(store, run, *prices, &result));
  const bool priced = std::any_of(result.legs().begin(), result.legs().end(),
                                  [](const v1::LegCost& leg) { return leg.lines_size() > 0; });
  if (!priced && !run.campaign().has_cost()) return v1::CostResult();
  result.set_book(absl::StrCat(book.name(), ", ", region, ", ", book.date()));
  result.set_currency(book.currency());
  result.set_region(region);
  result.set_date(book.date());
  *result.mutable_prices() = book;
  AddAllCrossings(run, &result);
  return result;
}

std::string WayName(const v1::RunResult& run, const v1::Leg& leg, const std::string& billing) {
  const std::string way =
      billing == "instance" ? TargetCostOf(run.campaign(), leg.target()).instance() : billing;
  return absl::StrCat(way, " of ", leg.target());
}

std::vector<WayToPay> WaysToPay(const v1::RunResult& run, const v1::CostResult& cost,
                                const std::string& scenario) {
  std::vector<WayToPay> ways;
  const v1::RegionPrices* prices = RegionOf(cost.prices(), cost.region());
  if (prices == nullptr) return ways;
  for (const v1::LegCost& priced : cost.legs()) {
    if (!IsSideBySide(run, cost, priced)) continue;
    const v1::Leg& leg = run.legs(static_cast<int>(priced.leg()));
    if (leg.scenario() != scenario) continue;
    std::vector<std::string> known;
    for (const v1::CostLine& line : priced.lines()) {
      const bool again = std::find(known.begin(), known.end(), line.billing()) != known.end();
      if (again) continue;  // the same way with what was provisioned for the run
      known.push_back(line.billing());
      const std::string name = WayName(run, leg, line.billing());
      const CostCurve curve =
          line.billing() == "instance"
              ? CostCurve::Flat(name, line.per_month(), priced.rate_per_s())
              : CurveOf(name, TermsOf(run.campaign(), leg.target(), prices->cosmos()),
                        LoadOf(priced), line.billing(), PhysicalPartitions(leg));
      ways.push_back({curve, priced, leg, line.billing()});
    }
  }
  return ways;
}

double HighestRate(const std::vector<WayToPay>& ways) {
  double most = 0;
  for (const WayToPay& way : ways) most = std::max(most, way.cost.rate_per_s());
  return 2 * most;
}

}  // namespace weir
