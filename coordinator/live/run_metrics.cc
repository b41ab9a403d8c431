#include "coordinator/live/run_metrics.h"

#include <map>

#include "absl/strings/str_cat.h"

#include "reports/leg_text.h"

namespace weir {
namespace {

const char* PhaseLabel(v1::Phase phase) {
  return phase == v1::PHASE_LOAD ? "load" : phase == v1::PHASE_WARM_UP ? "warm_up" : "measure";
}

MetricLabels LabelsOf(const LiveSeries& series) {
  return {{"scenario", series.scenario},
          {"target", series.target},
          {"phase", PhaseLabel(series.phase)},
          {"operation", series.operation}};
}

struct Outcome {
  const char* label;
  uint64_t (v1::Tally::*count)() const;
};
constexpr Outcome kOutcomes[] = {
    {"ok", &v1::Tally::ok},
    {"not_found", &v1::Tally::not_found},
    {"conflict", &v1::Tally::conflict},
    {"throttled", &v1::Tally::throttled},
    {"timed_out", &v1::Tally::timed_out},
    {"failed", &v1::Tally::failed},
    {"in_doubt", &v1::Tally::in_doubt},
    {"unsent", &v1::Tally::unsent},
    {"lost", &v1::Tally::lost},
};

// A count of a tally, as a counter by scenario, target, phase and operation.
struct Counter {
  const char* name;
  const char* unit;
  const char* help;
  uint64_t (v1::Tally::*count)() const;
  double scale;  // of the metric's unit
};
constexpr Counter kCounters[] = {
    {"weir_operations_planned", "", "Operations whose planned start has come.", &v1::Tally::planned,
     1},
    {"weir_attempts", "", "Attempts that were sent.", &v1::Tally::attempts, 1},
    {"weir_retries", "", "Attempts after the first of an operation.", &v1::Tally::retries, 1},
    {"weir_throttled_attempts", "", "Attempts refused for lack of throughput.",
     &v1::Tally::throttled_attempts, 1},
    {"weir_records", "", "Records written or returned by operations that succeeded.",
     &v1::Tally::records, 1},
    {"weir_sent_bytes", "bytes", "Payload sent to the database.", &v1::Tally::bytes_sent, 1},
    {"weir_received_bytes", "bytes", "Payload received from the database.",
     &v1::Tally::bytes_received, 1},
    {"weir_request_units", "", "Request units charged, all attempts.", &v1::Tally::milli_ru, 1e-3},
    {"weir_wasted_request_units", "", "Request units of attempts that did not succeed.",
     &v1::Tally::wasted_milli_ru, 1e-3},
};

void WriteRun(const LiveRun& run, OpenMetrics* out) {
  out->Family("weir_run", MetricType::kInfo, "", "The run that is shown.");
  out->Sample({{"run", run.id()}, {"campaign", run.campaign().name()}, {"version", run.version()}},
              uint64_t{1});
  out->Family("weir_run_state", MetricType::kStateSet, "",
              "Whether the run goes on, or how it ended.");
  const char* state = run.state() == v1::RUN_STATE_FINISHED      ? "finished"
                      : run.state() == v1::RUN_STATE_INTERRUPTED ? "interrupted"
                      : run.state() == v1::RUN_STATE_ABORTED     ? "aborted"
                                                                 : "running";
  out->States({"running", "finished", "interrupted", "aborted"}, state);
  const bool over = run.state() != v1::RUN_STATE_RUNNING;
  out->Family("weir_run_validity", MetricType::kStateSet, "",
              "Whether the numbers can be trusted; none of the states holds before the end.");
  out->States({"VALID", "DEGRADED", "INVALID", "UNVERIFIED", "PARTIAL"},
              over ? ValidityWord(run.validity()) : "");
}

void WriteProgress(const LiveRun& run, OpenMetrics* out) {
  const LiveProgress& progress = run.progress();
  const bool known = progress.running() && run.leg() < run.legs().size();
  out->Family("weir_stage_running", MetricType::kGauge, "", "1 while operations are issued.");
  if (known) {
    const LiveLeg& leg = run.legs()[run.leg()];
    out->Sample({{"scenario", leg.scenario},
                 {"target", leg.target},
                 {"stage", progress.stage() == v1::PHASE_LOAD ? "load" : "drive"}},
                uint64_t{1});
  }
  out->Family("weir_stage_progress_ratio", MetricType::kGauge, "ratio",
              "Part of the stage that is done.");
  out->Sample({}, progress.running() ? progress.Share() : 0.0);
  out->Family("weir_run_left_seconds", MetricType::kGauge, "seconds",
              "Time that stages still take, as far as it is known; setting up is not in it.");
  out->Sample({}, static_cast<double>(run.RunLeft().ns) / 1e9);
  uint64_t over = 0;
  for (const LiveLeg& leg : run.legs()) over += leg.over;
  out->Family("weir_legs", MetricType::kGauge, "",
              "Legs (scenario on target, by round) of the run.");
  out->Sample({{"state", "over"}}, over);
  out->Sample({{"state", "left"}}, run.legs().size() - over);
}

void WriteOperations(const LiveRun& run, OpenMetrics* out) {
  out->Family("weir_operations", MetricType::kCounter, "", "Operations, by what became of them.");
  for (const auto& [series, tally] : run.series()) {
    for (const Outcome& outcome : kOutcomes) {
      MetricLabels labels = LabelsOf(series);
      labels.emplace_back("outcome", outcome.label);
      out->Sample(labels, (tally->counts().*outcome.count)());
    }
  }
  for (const Counter& counter : kCounters) {
    out->Family(counter.name, MetricType::kCounter, counter.unit, counter.help);
    for (const auto& [series, tally] : run.series()) {
      const uint64_t count = (tally->counts().*counter.count)();
      counter.scale == 1
          ? out->Sample(LabelsOf(series), count)
          : out->Sample(LabelsOf(series), static_cast<double>(count) * counter.scale);
    }
  }
}

void WriteTimes(const LiveRun& run, OpenMetrics* out) {
  out->Family("weir_response_time_seconds", MetricType::kHistogram, "seconds",
              "From the intended start to the answer, of operations that succeeded.");
  for (const auto& [series, tally] : run.series()) out->Buckets(LabelsOf(series), tally->response);
  out->Family("weir_service_time_seconds", MetricType::kHistogram, "seconds",
              "From the sending of the last attempt to the answer, of operations that succeeded.");
  for (const auto& [series, tally] : run.series()) out->Buckets(LabelsOf(series), tally->service);
  out->Family("weir_lag_seconds", MetricType::kHistogram, "seconds",
              "From the intended start to the dispatch: how late the load generator is.");
  for (const auto& [series, tally] : run.series()) out->Buckets(LabelsOf(series), tally->lag);
}

void WriteRu(const LiveRun& run, OpenMetrics* out) {
  out->Family("weir_provisioned_request_units_per_second", MetricType::kGauge, "",
              "Throughput that the target of the stage was given.");
  // By the leg of that second: a leg that is being set up has none of its own yet.
  const LivePoint& point = run.point();
  if (point.leg < run.legs().size() && point.provisioned_ru > 0) {
    out->Sample({{"target", run.legs()[point.leg].target}}, point.provisioned_ru);
  }
  out->Family("weir_record_wire_bytes", MetricType::kCounter, "bytes",
              "Payload of operations that carry whole records.");
  out->Sample({}, run.record_wire_bytes());
  out->Family("weir_record_json_bytes", MetricType::kCounter, "bytes",
              "What the same records are as plain JSON, by the mean of a sample.");
  out->Sample({}, run.record_json_bytes());
}

// Names of agents, told apart where several have the same: two samples must never have the same
// labels.
std::map<uint32_t, std::string> AgentLabels(const LiveRun& run) {
  std::map<std::string, int> times;
  for (const auto& [index, agent] : run.agents()) ++times[agent.name];
  std::map<uint32_t, std::string> labels;
  for (const auto& [index, agent] : run.agents()) {
    const bool unique = !agent.name.empty() && times[agent.name] == 1;
    labels[index] = unique ? agent.name : absl::StrCat(agent.name, "#", index);
  }
  return labels;
}

void WriteAgents(const LiveRun& run, OpenMetrics* out) {
  const std::map<uint32_t, std::string> labels = AgentLabels(run);
  out->Family("weir_agent_operations", MetricType::kCounter, "",
              "Operations that succeeded, by agent.");
  for (const auto& [index, agent] : run.agents()) {
    out->Sample({{"agent", labels.at(index)}}, agent.counts.ok());
  }
  out->Family("weir_agent_cpu_seconds", MetricType::kCounter, "seconds",
              "CPU time of the agent's process.");
  for (const auto& [index, agent] : run.agents()) {
    out->Sample({{"agent", labels.at(index)}},
                static_cast<double>(agent.resources.process_cpu_ns()) / 1e9);
  }
  out->Family("weir_agent_resident_memory_bytes", MetricType::kGauge, "bytes",
              "Memory of the agent's process.");
  for (const auto& [index, agent] : run.agents()) {
    out->Sample({{"agent", labels.at(index)}}, agent.resources.resident_bytes());
  }
  out->Family("weir_agent_busiest_worker_ratio", MetricType::kGauge, "ratio",
              "Part of the last second for which the agent's busiest worker ran.");
  for (const LiveAgent& agent : run.point().agents) {
    const auto label = labels.find(agent.agent);
    if (label == labels.end() || agent.busiest_worker < 0) continue;
    out->Sample({{"agent", label->second}}, agent.busiest_worker);
  }
}

void WriteGates(const LiveRun& run, OpenMetrics* out) {
  std::map<std::string, bool> passed;
  for (const v1::GateResult& gate : run.gates()) {
    const auto [known, is_new] = passed.emplace(gate.name(), gate.passed());
    if (!is_new) known->second = known->second && gate.passed();
  }
  out->Family("weir_gate_passed", MetricType::kGauge, "",
              "Whether the gate is passed as it stands.");
  for (const auto& [name, passes] : passed) out->Sample({{"gate", name}}, uint64_t{passes});
}

}  // namespace

std::string RunMetrics(const LiveRun& run, MetricsFormat format) {
  OpenMetrics out(format);
  WriteRun(run, &out);
  WriteProgress(run, &out);
  WriteOperations(run, &out);
  WriteTimes(run, &out);
  WriteRu(run, &out);
  WriteAgents(run, &out);
  WriteGates(run, &out);
  return out.Finish();
}

}  // namespace weir
