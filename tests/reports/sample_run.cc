#include "tests/reports/sample_run.h"

#include <vector>

#include "base/check.h"
#include "base/status.h"
#include "reports/report.h"
#include "tests/reports/sample_evidence.h"
#include "tests/reports/sample_operations.h"

namespace weir::test {
namespace {

constexpr int64_t kSecond = 1'000'000'000;
constexpr int64_t kStarted = 1'795'227'300 * kSecond;  // 2026-11-21 02:15:00 UTC

void AddSpan(v1::Leg* leg, v1::Phase phase, uint32_t first, double seconds) {
  if (seconds == 0) return;
  v1::PhaseSpan* span = leg->add_spans();
  span->set_phase(phase);
  span->set_first_second(first);
  span->set_duration_ns(static_cast<int64_t>(seconds * 1e9));
}

void AddCondition(google::protobuf::RepeatedPtrField<v1::Condition>* conditions, const char* group,
                  const char* name, const char* value) {
  v1::Condition* condition = conditions->Add();
  condition->set_group(group);
  condition->set_name(name);
  condition->set_value(value);
}

void AddConditions(const SampleLeg& sample, v1::Leg* leg) {
  auto* conditions = leg->mutable_conditions();
  if (sample.cosmos) {
    AddCondition(conditions, "server", "version", "weir cosmos-emulator 0.1.0");
    AddCondition(conditions, "server", "connection", "gateway, HTTP/1.1, TLS off");
    AddCondition(conditions, "durability", "consistency", "session");
    AddCondition(conditions, "throughput", "provisioned", "6,000 RU/s, manual, 2 partitions");
    AddCondition(conditions, "indexes", "policy", "included: /ts, /service, /trace; excluded: /*");
    return;
  }
  AddCondition(conditions, "server", "version", "PostgreSQL 15.20 (Debian 15.20-0+deb12u1)");
  AddCondition(conditions, "server", "connection", "127.0.0.1:15433, TLS off");
  AddCondition(conditions, "durability", "fsync", "on");
  AddCondition(conditions, "durability", "synchronous_commit", "on");
  AddCondition(conditions, "settings", "shared_buffers", "128MB");
  AddCondition(conditions, "settings", "search_path", kHostileMarkup);
  AddCondition(conditions, "indexes", "weir_records_service_ts", "btree (service, ts)");
}

void AddError(v1::Leg* leg, const char* operation, const char* verdict, const char* detail,
              uint64_t count) {
  v1::ErrorSample* error = leg->add_errors();
  error->set_phase(v1::PHASE_MEASURE);
  error->set_operation(operation);
  error->set_verdict(verdict);
  error->set_detail(detail);
  error->set_count(count);
}

void AddErrors(const SampleLeg& sample, v1::Leg* leg) {
  if (!sample.open) return;
  if (sample.cosmos) {
    AddError(leg, "insert", "throttled",
             "429/3200: Request rate is large. More Request Units may be needed.", 321);
    AddError(leg, "insert", "throttled", kHostileMarkup, 2);
    return;
  }
  AddError(leg, "insert", "failed", "57014: canceling statement due to lock timeout\x1b[31m", 7);
  AddError(leg, "read", "failed", kHostileFormula, 1);
}

void AddVerification(const SampleLeg& sample, v1::Leg* leg) {
  if (sample.load_seconds == 0) return;
  uint64_t records = 0;
  for (const v1::PhaseResult& result : leg->results()) {
    if (result.phase() == v1::PHASE_LOAD) records += result.total().records();
  }
  v1::Verification* verification = leg->mutable_verification();
  verification->set_done(true);
  verification->set_matches(true);
  verification->set_records_expected(records);
  verification->set_records_found(records);
  verification->set_digest_expected("5b1e0c7790a3f41d");
  verification->set_digest_found("5b1e0c7790a3f41d");
}

void AddOperations(const SampleLeg& sample, v1::Leg* leg) {
  for (size_t i = 0; i < sample.operation_count; ++i) {
    const SampleOperation& operation = sample.operations[i];
    v1::OperationFacts* facts = leg->add_operations();
    facts->set_name(operation.name);
    facts->set_kind(operation.kind);
    facts->set_weight(operation.weight);
    facts->set_batch(operation.batch);
    if (operation.kind == v1::OPERATION_KIND_QUERY) facts->set_query(operation.name);
    facts->set_single_partition(operation.single_partition);
    facts->set_keys(operation.kind == v1::OPERATION_KIND_INSERT ? "" : "zipf θ=0.99");
  }
}

void AddNumbers(const LegNumbers& numbers, v1::Leg* leg) {
  for (const auto& [key, tally] : numbers.totals) {
    v1::PhaseResult* result = leg->add_results();
    result->set_phase(key.first);
    result->set_operation(key.second);
    *result->mutable_total() = tally.ToProto();
  }
  for (const auto& [agent_key, tally] : numbers.shares) {
    v1::AgentShare* share = leg->add_shares();
    share->set_agent(agent_key.first);
    share->set_phase(agent_key.second.first);
    share->set_operation(agent_key.second.second);
    *share->mutable_total() = tally.ToProto();
    share->set_start_lateness_ns(90'000 + 40'000 * static_cast<int64_t>(agent_key.first));
  }
}

v1::Leg MakeLeg(const SampleLeg& sample, const LegNumbers& numbers) {
  v1::Leg leg;
  leg.set_index(sample.index);
  leg.set_scenario(sample.scenario);
  leg.set_target(sample.cosmos ? "cosmos" : "postgres");
  leg.set_backend(leg.target());
  leg.set_open_loop(sample.open);
  leg.set_sessions(sample.open ? 32 : 8);
  leg.set_plan_digest(sample.open ? "9f3a77c1e0b2" : "44d10aa97c35");
  if (sample.cosmos) {
    leg.set_provisioned_ru(6000);
    leg.set_charge_basis("modelled, not Azure's meter");
  }
  const bool degraded = sample.cosmos && sample.open;
  leg.mutable_verdict()->set_validity(degraded ? v1::VALIDITY_DEGRADED : v1::VALIDITY_VALID);
  if (degraded) leg.mutable_verdict()->add_reasons("0.7 % of the operations failed (limit 0.1 %)");
  AddOperations(sample, &leg);
  AddSpan(&leg, v1::PHASE_LOAD, 0, sample.load_seconds == 0 ? 0 : sample.load_seconds - 0.4);
  AddSpan(&leg, v1::PHASE_WARM_UP, 0, sample.warm_up);
  AddSpan(&leg, v1::PHASE_MEASURE, sample.warm_up, sample.measure);
  AddNumbers(numbers, &leg);
  AddConditions(sample, &leg);
  AddErrors(sample, &leg);
  AddVerification(sample, &leg);
  AddEvidence(EvidenceOf(sample), &leg);
  return leg;
}

void AddTargets(v1::Campaign* campaign) {
  v1::Target* postgres = campaign->add_targets();
  postgres->set_name("postgres");
  postgres->mutable_postgres()->set_host("127.0.0.1");
  v1::Target* cosmos = campaign->add_targets();
  cosmos->set_name("cosmos");
  cosmos->mutable_cosmos()->set_throughput(6000);
}

void AddThreshold(v1::Scenario* scenario, const char* metric, double at_most) {
  v1::Threshold* threshold = scenario->add_thresholds();
  threshold->set_metric(metric);
  threshold->set_operation("read");
  threshold->set_at_most(at_most);
}

void AddMixed(v1::Campaign* campaign) {
  v1::Scenario* mixed = campaign->add_scenarios();
  mixed->set_name("mixed");
  mixed->set_description("Ingest and look up: half inserts, half reads and queries.");
  mixed->mutable_timeout()->set_ns(10 * kSecond);
  mixed->mutable_phases()->mutable_load()->set_batch(100);
  mixed->mutable_phases()->mutable_load()->set_sessions(8);
  mixed->mutable_phases()->mutable_measure()->set_ns(60 * kSecond);
  v1::OpenLoop* open = mixed->mutable_shape()->mutable_open();
  open->mutable_rate()->set_operations(800);
  open->mutable_rate()->set_per_ns(kSecond);
  open->set_sessions(32);
  AddThreshold(mixed, "response_p99_us", 10'000);
  AddThreshold(mixed, "error_share", 0.001);
}

void AddPeak(v1::Campaign* campaign) {
  v1::Scenario* peak = campaign->add_scenarios();
  peak->set_name("peak-reads");
  peak->mutable_timeout()->set_ns(10 * kSecond);
  peak->mutable_phases()->mutable_measure()->set_ns(12 * kSecond);
  peak->mutable_shape()->mutable_closed()->set_sessions(8);
}

v1::Campaign SampleCampaign() {
  v1::Campaign campaign;
  campaign.set_name("quickstart");
  campaign.set_description(std::string("PostgreSQL and Cosmos DB under one mix of log writes and "
                                       "lookups. ") +
                           kHostileMarkup);
  campaign.set_seed(42);
  campaign.mutable_dataset()->set_records(100'000);
  campaign.mutable_dataset()->mutable_logs();
  AddTargets(&campaign);
  AddMixed(&campaign);
  AddPeak(&campaign);
  return campaign;
}

void AddAgents(v1::RunResult* run) {
  for (uint32_t i = 0; i < kSampleAgents; ++i) {
    v1::AgentFacts* agent = run->add_agents();
    agent->set_index(i);
    agent->set_name(absl::StrCat("agent-", i));
    agent->set_version("0.1.0");
    agent->set_host("bench-1");
    if (i > 0) agent->set_node("worker-3");
    agent->set_platform("kubernetes");
    agent->set_kernel("Linux 6.1.0-42-amd64");
    agent->set_cpu_model("AMD EPYC 7B13");
    agent->set_cores(8);
    agent->set_workers(2);
    agent->set_memory_bytes(uint64_t{32} << 30);
    agent->set_clock_offset_ns(12'000 * static_cast<int64_t>(i));
    agent->set_clock_offset_bound_ns(41'000);
    agent->set_clock_drift_ppm(0.4 * i - 0.3);
    AddCondition(agent->mutable_conditions(), "processor", "governor", "performance");
    AddCondition(agent->mutable_conditions(), "processor", "SMT", "on");
    AddCondition(agent->mutable_conditions(), "clock", "source", "tsc");
  }
}

v1::RunResult RunWithoutLegs() {
  v1::RunResult run;
  run.set_id("20261121T021500-quickstart-4f2a");
  *run.mutable_campaign() = SampleCampaign();
  run.set_campaign_text(absl::StrCat("name: quickstart\nseed: 42\n# ", kHostileMarkup, "\n"));
  run.set_version("0.1.0");
  run.set_started_unix_ns(kStarted);
  run.set_finished_unix_ns(kStarted + 217 * kSecond);
  run.set_state(v1::RUN_STATE_FINISHED);
  run.mutable_verdict()->set_validity(v1::VALIDITY_DEGRADED);
  run.mutable_verdict()->add_reasons(
      "mixed on cosmos: 0.7 % of the operations failed (limit 0.1 %)");
  AddAgents(&run);
  AddCondition(run.mutable_conditions(), "coordinator", "kernel", "Linux 6.1.0-42-amd64");
  AddCondition(run.mutable_conditions(), "coordinator", "compiler", "g++ 12.2.0, RelWithDebInfo");
  return run;
}

struct SampleInterval {
  uint32_t leg;
  v1::Phase stage;
  v1::Interval interval;
};

// Made once: the run and its seconds come from the same operations.
struct Sample {
  v1::RunResult run = RunWithoutLegs();
  std::vector<SampleInterval> intervals;

  Sample() {
    for (const SampleLeg& leg : SampleLegs()) {
      v1::Leg sums;
      const auto keep = [&](v1::Phase stage, const v1::Interval& interval) {
        intervals.push_back({leg.index, stage, interval});
        if (stage == v1::PHASE_MEASURE) AddToLeg(EvidenceOf(leg), interval, &sums);
      };
      v1::Leg* added = run.add_legs();
      *added = MakeLeg(leg, SampleNumbers(leg, keep));
      added->MergeFrom(sums);
    }
    for (v1::ThresholdResult& judged : JudgeThresholds(run)) *run.add_thresholds() = judged;
  }
};

const Sample& TheSample() {
  static const auto* const sample = new Sample();
  return *sample;
}

}  // namespace

v1::RunResult SampleRun() { return TheSample().run; }

absl::Status SaveSampleRun(ResultsStore& store) {
  const Sample& sample = TheSample();
  WEIR_RETURN_IF_ERROR(store.SaveRun(sample.run));
  for (const SampleInterval& second : sample.intervals) {
    WEIR_RETURN_IF_ERROR(
        store.AppendInterval(sample.run.id(), second.leg, second.stage, second.interval));
  }
  return absl::OkStatus();
}

}  // namespace weir::test
