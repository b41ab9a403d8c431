#include "coordinator/cli/plan_command.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/campaign_checks.h"
#include "coordinator/cli/budget_estimate.h"
#include "coordinator/cli/capacity_plan.h"
#include "coordinator/cli/check_command.h"
#include "coordinator/cli/comparison_plan.h"
#include "coordinator/cli/cosmos_estimate.h"
#include "coordinator/cli/operation_counts.h"
#include "coordinator/cli/terminal.h"
#include "coordinator/quantity.h"
#include "generators/dataset.h"
#include "reports/comparison_design.h"
#include "reports/probe_scenario.h"
#include "reports/quantity.h"
#include "reports/text_table.h"

namespace weir {
namespace {

double Seconds(int64_t ns) { return static_cast<double>(ns) / kNsPerSecond; }

std::string Count(uint64_t count) { return CountText(static_cast<double>(count)); }

std::string Plural(uint64_t count, const char* noun) {
  return absl::StrCat(Count(count), " ", noun, count == 1 ? "" : "s");
}

std::string RateText(const v1::Rate& rate) {
  return absl::StrCat(CountText(static_cast<double>(rate.operations()) * kNsPerSecond /
                                static_cast<double>(rate.per_ns())),
                      "/s");
}

std::string ReplayText(const v1::Replay& replay) {
  std::string text = absl::StrCat("replaying ", replay.path());
  if (replay.speed_numerator() != replay.speed_denominator()) {
    absl::StrAppend(&text, " at ",
                    CountText(static_cast<double>(replay.speed_numerator()) /
                              static_cast<double>(replay.speed_denominator())),
                    " times its speed");
  }
  absl::StrAppend(&text, " (SHA-256 ", replay.sha256().substr(0, 16), ")");
  return text;
}

std::string ArrivalsText(const v1::OpenLoop& open) {
  if (open.arrivals() == v1::ARRIVAL_PROCESS_REPLAY) return ReplayText(open.replay());
  const std::string rate = absl::StrCat(
      "at ", open.has_rate() ? RateText(open.rate())
                             : Plural(static_cast<uint64_t>(open.stages_size()), "stage"));
  if (open.arrivals() != v1::ARRIVAL_PROCESS_BURST) {
    const bool poisson = open.arrivals() == v1::ARRIVAL_PROCESS_POISSON;
    return absl::StrCat(rate, ", ", poisson ? "Poisson" : "constant", " arrivals");
  }
  const v1::Burst& burst = open.burst();
  return absl::StrCat(rate, " when calm, ", CountText(burst.factor()),
                      " times that in bursts, Poisson arrivals (on average ",
                      FormatDuration(burst.calm().ns()), " calm, ",
                      FormatDuration(burst.burst().ns()), " burst)");
}

std::string ShapeText(const v1::LoadShape& shape) {
  if (shape.has_closed()) {
    const std::string think =
        shape.closed().think_time().ns() == 0
            ? ""
            : absl::StrCat(", thinking ", FormatDuration(shape.closed().think_time().ns()));
    return absl::StrCat("closed loop of ", Plural(shape.closed().sessions(), "session"), think);
  }
  const v1::OpenLoop& open = shape.open();
  return absl::StrCat("open loop ", ArrivalsText(open), ", ", Plural(open.sessions(), "session"));
}

class PlanWriter {
 public:
  PlanWriter(const v1::Campaign& campaign, const Dataset& dataset, int width)
      : campaign_(campaign), dataset_(dataset), width_(width) {
    for (const v1::Target& target : campaign.targets()) {
      if (!target.has_cosmos()) continue;
      estimates_.emplace(
          target.name(),
          CosmosEstimate(target.cosmos(), dataset, campaign.dataset().records(), campaign.seed()));
    }
  }

  absl::StatusOr<std::string> Write() {
    WriteHead();
    for (const v1::Scenario& scenario : campaign_.scenarios()) {
      WEIR_RETURN_IF_ERROR(WriteScenario(scenario));
    }
    if (campaign_.has_compare()) WriteComparison();
    if (campaign_.has_capacity()) WriteCapacity();
    WriteTotal();
    return text_;
  }

 private:
  // Leading spaces stay; continued lines are indented by six more.
  void Line(const std::string& line) {
    const size_t indent = line.find_first_not_of(' ');
    const std::string spaces(indent, ' ');
    absl::StrAppend(&text_, spaces,
                    Wrapped(line.substr(indent), width_ - static_cast<int>(indent),
                            absl::StrCat(spaces, "      ")));
  }

  void WriteHead() {
    const uint64_t records = campaign_.dataset().records();
    const uint64_t bytes = dataset_.TypicalJsonBytes();
    Line(absl::StrCat(campaign_.name(), ": ", Count(records), " records of ",
                      dataset_.schema().name, ", about ", bytes, " B each as JSON, ",
                      BytesText(static_cast<double>(records) * static_cast<double>(bytes)),
                      " in all; seed ", campaign_.seed()));
  }

  absl::Status WriteScenario(const v1::Scenario& scenario) {
    const std::vector<std::string> targets = TargetNames(campaign_, scenario);
    absl::StrAppend(&text_, "\n");
    Line(absl::StrCat(scenario.name(), " on ", absl::StrJoin(targets, ", ")));
    if (scenario.phases().has_load()) WriteLoad(scenario, targets);
    if (scenario.phases().measure().ns() > 0) {
      WEIR_RETURN_IF_ERROR(WriteDrive(scenario, targets));
    }
    legs_ += static_cast<int>(targets.size());
    return absl::OkStatus();
  }

  void WriteLoad(const v1::Scenario& scenario, const std::vector<std::string>& targets) {
    const v1::LoadPhase& load = scenario.phases().load();
    const uint64_t records = campaign_.dataset().records();
    Line(absl::StrCat("  load: ", Plural(LoadOperations(campaign_, load), "operation"), " of ",
                      Plural(load.batch(), "record"), " on ", Plural(load.sessions(), "session"),
                      ", as fast as it goes; drops what is there",
                      load.verify() ? "; then reads all back and compares" : ""));
    for (const std::string& target : targets) {
      const auto estimate = estimates_.find(target);
      if (estimate == estimates_.end()) continue;
      const double ru = estimate->second.InsertRu(records);
      const double seconds = ru / estimate->second.UsableRu();
      Line(absl::StrCat("    ", target, ": modelled ", CountText(ru), " RU; at ",
                        Provisioned(estimate->second), " at least ", DurationText(seconds * 1e6),
                        Partitions(estimate->second)));
      least_load_s_ += seconds;
    }
    loads_ += static_cast<int>(targets.size());
  }

  absl::Status WriteDrive(const v1::Scenario& scenario, const std::vector<std::string>& targets) {
    WEIR_ASSIGN_OR_RETURN(const OperationCounts counts,
                          CountOperations(campaign_, scenario, dataset_));
    const v1::Phases& phases = scenario.phases();
    Line(absl::StrCat("  warm-up ", FormatDuration(phases.warm_up().ns()), ", measure ",
                      FormatDuration(phases.measure().ns()), "; ", ShapeText(scenario.shape())));
    Line(absl::StrCat("  plan ", PlanDigest(campaign_, scenario, dataset_).substr(0, 16)));
    WriteOperations(counts, targets);
    if (counts.counts.empty()) {
      Line("    A closed loop does as many operations as the target answers.");
    }
    for (const std::string& target : targets) WriteTarget(scenario, counts, target);
    WriteBatches(targets);
    drive_ns_ +=
        (phases.warm_up().ns() + phases.measure().ns()) * static_cast<int64_t>(targets.size());
    return absl::OkStatus();
  }

  void WriteOperations(const OperationCounts& counts, const std::vector<std::string>& targets) {
    std::vector<TextColumn> columns = {{"  operation", 9, true}, {"share", 5}};
    const bool planned = !counts.counts.empty();
    if (planned) columns.insert(columns.end(), {{"warm-up", 6}, {"measure", 8}, {"records", 3}});
    for (const std::string& target : targets) {
      if (estimates_.contains(target)) columns.push_back({absl::StrCat("RU each ", target), 7});
    }
    columns.push_back({"keys", 2, true});
    TextTable table(std::move(columns));
    uint64_t weights = 0;
    for (const OperationType& type : counts.types) weights += type.weight;
    for (size_t i = 0; i < counts.types.size(); ++i) {
      table.Add(OperationRow(counts, i, weights, targets));
    }
    absl::StrAppend(&text_, table.Render(width_));
  }

  // The table above has the scenario's own.
  void WriteBatches(const std::vector<std::string>& targets) {
    for (const v1::Target& target : campaign_.targets()) {
      const bool runs = std::find(targets.begin(), targets.end(), target.name()) != targets.end();
      if (!runs || target.batch() == 0) continue;
      Line(absl::StrCat("    ", target.name(), ": ", Plural(target.batch(), "record"),
                        " in each insert, upsert and load operation"));
    }
  }

  std::vector<std::string> OperationRow(const OperationCounts& counts, size_t i, uint64_t weights,
                                        const std::vector<std::string>& targets) const {
    const OperationType& type = counts.types[i];
    std::vector<std::string> row = {
        absl::StrCat("  ", type.name),
        ShareText(static_cast<double>(type.weight) / static_cast<double>(weights))};
    if (!counts.counts.empty()) {
      const PlannedCounts& of_type = counts.counts[i];
      const std::string about = counts.exact ? "" : "≈ ";
      row.push_back(about + Count(of_type.warm_up));
      row.push_back(about + Count(of_type.measure));
      row.push_back(type.query == nullptr ? about + Count(of_type.total() * type.batch) : "");
    }
    for (const std::string& target : targets) {
      const auto estimate = estimates_.find(target);
      if (estimate == estimates_.end()) continue;
      row.push_back(absl::StrFormat("%.2f", estimate->second.OperationRu(type)));
    }
    row.push_back(type.keys);
    return row;
  }

  static std::string Provisioned(const CosmosEstimate& estimate) {
    return absl::StrCat(Count(estimate.provisioned()), " RU/s");
  }

  // Request units: how many, and whether what is provisioned suffices in the busiest second and in
  // the fullest partition.
  void WriteTarget(const v1::Scenario& scenario, const OperationCounts& counts,
                   const std::string& target) {
    const auto found = estimates_.find(target);
    if (found == estimates_.end()) return;
    const CosmosEstimate& estimate = found->second;
    double weighted = 0;
    double weights = 0;
    for (const OperationType& type : counts.types) {
      weighted += type.weight * estimate.OperationRu(type);
      weights += type.weight;
    }
    const double each = weighted / weights;
    if (counts.counts.empty()) {
      return Line(absl::StrCat("    ", target, ": modelled ", CountText(each),
                               " RU per operation; ", Provisioned(estimate), " allow about ",
                               CountText(estimate.UsableRu() / each), " operations per second",
                               Partitions(estimate)));
    }
    const double peak = each * static_cast<double>(counts.busiest_second);
    const double seconds =
        Seconds(scenario.phases().warm_up().ns() + scenario.phases().measure().ns());
    const double all = each * static_cast<double>(counts.operations);
    Line(absl::StrCat("    ", target, ": modelled ", CountText(all), " RU, ",
                      CountText(all / seconds), " RU/s on average, ", CountText(peak),
                      " in the busiest second; ", Verdict(peak, all / seconds, estimate)));
  }

  static std::string Verdict(double peak, double average, const CosmosEstimate& estimate) {
    const char* verdict = peak <= estimate.UsableRu() ? "suffices"
                          : average <= estimate.UsableRu()
                              ? "suffices on average only: expect throttling at the peak"
                              : "is too little: expect throttling";
    return absl::StrCat("the provisioned ", Provisioned(estimate), " ", verdict,
                        Partitions(estimate));
  }

  static std::string Partitions(const CosmosEstimate& estimate) {
    if (estimate.partitions() == 1) return "";
    return absl::StrCat(" (", estimate.partitions(), " physical partitions, the fullest holds ",
                        ShareText(estimate.busiest_share()), " of the records)");
  }

  // Every leg runs once in each round.
  void WriteComparison() {
    const auto rounds = static_cast<int>(RoundsOf(campaign_.compare()));
    drive_ns_ = (drive_ns_ + CanariesNs(campaign_)) * rounds;
    least_load_s_ *= rounds;
    loads_ *= rounds;
    legs_ *= rounds;
    absl::StrAppend(&text_, "\n");
    for (const std::string& line : ComparisonPlanLines(campaign_)) Line(line);
  }

  // Every leg is a search; its probes take the place of what was counted above.
  void WriteCapacity() {
    drive_ns_ = 0;
    legs_ = 0;
    for (const v1::Scenario& scenario : campaign_.scenarios()) {
      const SearchLength length = TypicalSearch(campaign_, scenario);
      const auto targets = static_cast<int>(TargetNames(campaign_, scenario).size());
      drive_ns_ += length.ns * targets;
      legs_ += length.probes * targets;
      if (scenario.phases().has_load() && Writes(scenario)) loads_ += (length.probes - 1) * targets;
    }
    absl::StrAppend(&text_, "\n");
    for (const std::string& line : CapacityPlanLines(campaign_)) Line(line);
  }

  void WriteTotal() {
    absl::StrAppend(&text_, "\n");
    std::string total = absl::StrCat(
        Plural(static_cast<uint64_t>(legs_), "leg"), ", ", DurationText(Seconds(drive_ns_) * 1e6),
        " of ", CanariesNs(campaign_) > 0 ? "canaries, " : "", "warm-up and measuring");
    if (loads_ > 0) {
      absl::StrAppend(&total, ", and ", Plural(static_cast<uint64_t>(loads_), "load"));
      if (least_load_s_ >= 1) {
        absl::StrAppend(&total, " of at least ", DurationText(least_load_s_ * 1e6));
      }
    }
    Line(total);
    if (!estimates_.empty()) {
      Line("Request units are modelled from published measurements; they are not Azure's meter.");
    }
  }

  const v1::Campaign& campaign_;
  const Dataset& dataset_;
  const int width_;
  std::map<std::string, CosmosEstimate> estimates_;  // by target
  std::string text_;
  int64_t drive_ns_ = 0;
  double least_load_s_ = 0;
  int loads_ = 0;
  int legs_ = 0;
};

}  // namespace

absl::StatusOr<std::string> PlanText(const v1::Campaign& campaign, int width) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Dataset> dataset,
                        MakeDataset(campaign.dataset(), campaign.seed()));
  return PlanWriter(campaign, *dataset, width).Write();
}

ExitCode PlanCommand(const std::string& path, const std::vector<std::string>& overrides) {
  ChosenPrices prices;
  const CampaignReading reading = ReadAndReport(path, overrides, {}, &prices);
  if (!reading.problems.empty()) return kExitBadCampaign;
  const absl::StatusOr<std::string> text = PlanText(reading.campaign, TerminalWidth());
  if (!text.ok()) {
    std::fprintf(stderr, "weir plan: %s\n", std::string(text.status().message()).c_str());
    return kExitFailure;
  }
  std::fputs(text->c_str(), stdout);
  const std::string budget = BudgetText(reading.campaign, prices);
  if (!budget.empty()) std::printf("%s\n", budget.c_str());
  return kExitValid;
}

}  // namespace weir
