#include "tests/reports/sample_evidence.h"

#include <string>

#include "base/random.h"
#include "measure/samples.h"

namespace weir::test {
namespace {

constexpr uint64_t kMib = uint64_t{1} << 20;

// Around `value`, by up to 12 % either way.
uint64_t Around(uint64_t value, uint64_t key, uint64_t counter) {
  return value * 88 / 100 + Below(Draw(DeriveKey(key, "evidence"), counter), value * 24 / 100 + 1);
}

uint64_t Stalls(const SampleEvidence& sample, v1::Phase stage, uint32_t second) {
  return !sample.cosmos && sample.open && stage == v1::PHASE_MEASURE && second / 2 == 23 ? 1 : 0;
}

void AddResources(const SampleEvidence& sample, uint32_t agent, v1::Interval* interval) {
  const uint64_t counter = (uint64_t{interval->second()} << 8) | agent;
  const uint64_t share = sample.per_second / kSampleAgents;
  v1::ResourceSample* resources = interval->add_resources();
  resources->set_agent(agent);
  resources->set_span_ns(1'000'000'000);
  resources->set_process_cpu_ns(Around(share * (sample.cosmos ? 88'000 : 31'000), 1, counter));
  resources->set_busiest_worker_cpu_ns(resources->process_cpu_ns() * 55 / 100);
  resources->set_busiest_core_ns(Around(sample.cosmos ? 410'000'000 : 330'000'000, 2, counter));
  resources->set_machine_cpu_ns(Around(sample.cosmos ? 2'100'000'000 : 1'500'000'000, 3, counter));
  resources->set_cores(8);
  resources->set_resident_bytes((46 + agent) * kMib + interval->second() * 9'000);
  resources->set_network_sent_bytes(Around(2'100, 4, counter));
  resources->set_network_received_bytes(Around(3'400, 5, counter));
  resources->set_loopback_bytes(Around(uint64_t{sample.per_second} * 1'900, 6, counter));
  resources->set_tcp_segments_sent(Around(uint64_t{sample.per_second} * 2, 7, counter));
  resources->set_most_watchdog_gap_ns(Around(900'000, 8, counter));
  resources->set_threads(5);
  resources->set_clocksource("tsc");
}

// The agents share a machine: each of them sees the database's processes.
void AddProcesses(const SampleEvidence& sample, v1::Phase stage, uint32_t agent,
                  v1::Interval* interval) {
  const uint32_t second = interval->second();
  v1::ProcessSample* process = interval->add_processes();
  process->set_agent(agent);
  process->set_name(sample.cosmos ? "weir cosmos-emulator" : "postgres");
  process->set_processes(sample.cosmos ? 1 : 38);
  const uint64_t per_operation = sample.cosmos ? 260'000 : 410'000;
  const uint64_t stalled = Stalls(sample, stage, second);
  process->set_cpu_ns(Around(sample.per_second * per_operation / (1 + 3 * stalled), 9, second));
  process->set_resident_bytes(sample.cosmos ? (180 + second / 2) * kMib
                                            : (212 + second / 4) * kMib);
}

// Two partitions; the first takes 68 % of the attempts and all of the throttling.
void AddPartitions(v1::Interval* interval) {
  uint64_t attempts = 0;
  uint64_t throttled = 0;
  uint64_t milli_ru = 0;
  for (const v1::OperationInterval& operation : interval->operations()) {
    attempts += operation.tally().attempts();
    throttled += operation.tally().throttled_attempts();
    milli_ru += operation.tally().milli_ru();
  }
  for (const int32_t partition : {0, 1}) {
    v1::PartitionUse* use = interval->add_partitions();
    const uint64_t percent = partition == 0 ? 68 : 32;
    use->set_partition(partition);
    use->set_attempts(partition == 0 ? attempts * 68 / 100 : attempts - attempts * 68 / 100);
    use->set_throttled(partition == 0 ? throttled : 0);
    use->set_milli_ru(partition == 0 ? milli_ru * 68 / 100 : milli_ru - milli_ru * 68 / 100);
    use->set_server_time_ns(use->attempts() * (1'100'000 + 10'000 * percent));
  }
}

// ------------------------------------------------------------------------------------ leg

v1::ResourceSample* ResourcesOf(uint32_t agent, v1::Leg* leg) {
  for (v1::ResourceSample& sample : *leg->mutable_resources()) {
    if (sample.agent() == agent) return &sample;
  }
  leg->add_resources()->set_agent(agent);
  return leg->mutable_resources(leg->resources_size() - 1);
}

v1::ProcessSample* ProcessOf(const v1::ProcessSample& seen, v1::Leg* leg) {
  for (v1::ProcessSample& sample : *leg->mutable_processes()) {
    if (sample.agent() == seen.agent() && sample.name() == seen.name()) return &sample;
  }
  v1::ProcessSample* added = leg->add_processes();
  added->set_agent(seen.agent());
  added->set_name(seen.name());
  return added;
}

v1::PartitionUse* PartitionOf(int32_t partition, v1::Leg* leg) {
  for (v1::PartitionUse& use : *leg->mutable_partitions()) {
    if (use.partition() == partition) return &use;
  }
  leg->add_partitions()->set_partition(partition);
  return leg->mutable_partitions(leg->partitions_size() - 1);
}

void AddGate(v1::Leg* leg, const char* name, const char* agent, const char* saw,
             const char* limit) {
  v1::GateResult* gate = leg->add_gates();
  gate->set_name(name);
  gate->set_agent(agent);
  gate->set_passed(true);
  gate->set_saw(saw);
  gate->set_limit(limit);
}

void AddGates(v1::Leg* leg) {
  AddGate(leg, "dispatched", "", "100 %", "≥ 99.9 % of the planned operations");
  AddGate(leg, "generator_share", "", "1.003 at the 99th percentile", "≤ 1.05");
  AddGate(leg, "watchdog", "agent-1", "longest gap 1.01 ms",
          "no gap over 100 ms; those over 10 ms < 0.1 % of the time");
  AddGate(leg, "worker_cpu", "agent-0", "1.4 % over seconds 20–24", "≤ 80 % over any 5 s");
  AddGate(leg, "core_cpu", "agent-0", "36 % over seconds 20–24", "≤ 80 % over any 5 s");
  AddGate(leg, "core_cpu", "agent-1", "34 % over seconds 31–35", "≤ 80 % over any 5 s");
  AddGate(leg, "quota", "agent-0", "0 s", "never throttled");
  AddGate(leg, "steal", "agent-0", "0 %", "≤ 1 %");
  AddGate(leg, "network", "agent-0", "not measured: the speed of the link is unknown",
          "≤ 70 % of the link over any 5 s");
  AddGate(leg, "retransmits", "agent-0", "0 of 102,000", "≤ 0.1 % of the segments");
  AddGate(leg, "overflow", "", "0 values", "0 values");
  AddGate(leg, "lost_reports", "", "0 operations", "0 operations");
  AddGate(leg, "clocksource", "agent-0", "tsc", "an unchanged tsc or paravirtual clock");
  AddGate(leg, "agreement", "agent-2", "1.04 times", "≤ 1.5 times the median agent");
}

void AddChange(v1::Steadiness* steadiness, const char* series, uint32_t second, double before,
               double after) {
  v1::ChangePoint* change = steadiness->add_changes();
  change->set_series(series);
  change->set_second(second);
  change->set_before(before);
  change->set_after(after);
}

void AddSteadiness(const SampleEvidence& sample, v1::Leg* leg) {
  v1::Steadiness* steadiness = leg->mutable_steadiness();
  if (!sample.open) {
    steadiness->add_reasons("12 s are too short to tell, at least 60 s are needed");
    return;
  }
  steadiness->set_judged(true);
  steadiness->set_steady(!sample.cosmos);
  steadiness->set_cut_seconds(sample.cosmos ? 0 : 5);
  steadiness->set_drift_per_minute(sample.cosmos ? 0.21 : 0.004);
  if (!sample.cosmos) return;
  steadiness->add_reasons("the 99th percentile rose from 9.6 ms to 84 ms at second 30");
  steadiness->add_reasons("the 99th percentile fell from 84 ms to 9.7 ms at second 42");
  AddChange(steadiness, "response_p99", 30, 9.6e6, 84e6);
  AddChange(steadiness, "response_p99", 42, 84e6, 9.7e6);
}

void AddCount(google::protobuf::RepeatedPtrField<v1::NamedCount>* counts, const char* group,
              const char* name, double value, const char* unit = "") {
  v1::NamedCount* count = counts->Add();
  count->set_group(group);
  count->set_name(name);
  count->set_value(value);
  count->set_unit(unit);
}

void AddServerEvidence(const SampleEvidence& sample, v1::Leg* leg) {
  v1::Evidence* evidence = leg->mutable_evidence();
  if (sample.cosmos) {
    evidence->add_gaps("service side metrics: the emulator has none");
    return;
  }
  auto* waits = evidence->mutable_waits();
  AddCount(waits, "pg_stat_activity", "CPU", 812, "samples");
  AddCount(waits, "pg_stat_activity", "IO/WALSync", 604, "samples");
  AddCount(waits, "pg_stat_activity", "LWLock/WALWrite", 233, "samples");
  AddCount(waits, "pg_stat_activity", "IO/DataFileRead", 58, "samples");
  AddCount(waits, "pg_stat_activity", "Lock/transactionid", 17, "samples");
  AddCount(waits, "pg_stat_activity", "IPC/ProcArrayGroupUpdate", 9, "samples");
  evidence->set_wait_samples(1733);
  auto* counters = evidence->mutable_counters();
  AddCount(counters, "pg_stat_wal", "wal_bytes", 27'484'160, "bytes");
  AddCount(counters, "pg_stat_wal", "wal_fpi", 1'204);
  AddCount(counters, "pg_stat_wal", "wal_sync", 11'902);
  AddCount(counters, "pg_stat_database", "xact_commit", 47'820);
  AddCount(counters, "pg_stat_database", "blks_hit", 402'113);
  AddCount(counters, "pg_stat_database", "blks_read", 918);
  AddCount(counters, "pg_stat_bgwriter", "checkpoint_write_time", 1'890, "ms");
  AddCount(counters, "pg_stat_bgwriter", "checkpoints_timed", 1);
  if (!sample.open) return;
  v1::ServerEvent* checkpoint = evidence->add_events();
  checkpoint->set_second(41);
  checkpoint->set_what("checkpoint (timed)");
  v1::ServerEvent* vacuum = evidence->add_events();
  vacuum->set_second(55);
  vacuum->set_what("autovacuum of weir_records");
}

void AddBottleneck(const SampleEvidence& sample, v1::Leg* leg) {
  v1::Bottleneck* bottleneck = leg->mutable_bottleneck();
  if (sample.cosmos && sample.open) {
    bottleneck->set_place(v1::BOTTLENECK_PLACE_THROTTLE);
    bottleneck->set_sentence(
        "The provisioned throughput: 4.8 % of the attempts were refused for lack of it; partition "
        "0 "
        "used 113 % of its share.");
    bottleneck->add_evidence("2,412 of 49,846 attempts throttled, all in seconds 30–41");
    bottleneck->add_evidence("partition 0 took 68 % of the request units, partition 1 32 %");
    v1::KeyUse* key = leg->add_hot_keys();
    key->set_key("\"checkout</script>\"");
    key->set_operations(9'420);
    key->set_most_too_high(20);
    key->set_milli_ru(88'000'000);
    return;
  }
  if (sample.open) {
    bottleneck->set_place(v1::BOTTLENECK_PLACE_NONE);
    bottleneck->set_sentence(
        "None: the load was served without queueing; 94 % of the response time was service time.");
    bottleneck->add_evidence("wait for a free session 0.05 ms at the 99th percentile");
    return;
  }
  bottleneck->set_place(v1::BOTTLENECK_PLACE_DATABASE);
  bottleneck->set_sentence("The database: 97 % of the response time was its service time.");
  bottleneck->add_evidence("service time 0.90 ms of 0.94 ms response time at the median");
}

void AddSpreads(v1::Leg* leg) {
  for (uint32_t agent = 0; agent < kSampleAgents; ++agent) {
    v1::AgentSpread* spread = leg->add_spreads();
    spread->set_agent(agent);
    spread->set_response_p50_ns(700'000 + 21'000 * agent);
    spread->set_response_p99_ns(20'400'000 + 510'000 * agent);
  }
  for (v1::AgentShare& share : *leg->mutable_shares()) {
    share.set_start_skew_ns(81'000 + 43'000 * static_cast<int64_t>(share.agent()));
    share.set_start_skew_bound_ns(44'000);
  }
}

}  // namespace

void AddEvidenceOfSecond(const SampleEvidence& sample, v1::Phase stage, v1::Interval* interval) {
  for (uint32_t agent = 0; agent < kSampleAgents; ++agent) {
    AddResources(sample, agent, interval);
    AddProcesses(sample, stage, agent, interval);
  }
  if (sample.cosmos) AddPartitions(interval);
}

void AddToLeg(const SampleEvidence& sample, const v1::Interval& interval, v1::Leg* leg) {
  if (interval.second() < sample.warm_up) return;
  for (const v1::ResourceSample& seen : interval.resources()) {
    AddSample(seen, ResourcesOf(seen.agent(), leg));
  }
  for (const v1::ProcessSample& seen : interval.processes()) AddSample(seen, ProcessOf(seen, leg));
  for (const v1::PartitionUse& seen : interval.partitions()) {
    AddUse(seen, PartitionOf(seen.partition(), leg));
  }
}

void AddEvidence(const SampleEvidence& sample, v1::Leg* leg) {
  AddGates(leg);
  AddSteadiness(sample, leg);
  AddServerEvidence(sample, leg);
  AddBottleneck(sample, leg);
  AddSpreads(leg);
  leg->set_duplicate_reports(2);
  leg->set_repeated_reports(1);
  if (!sample.open) return;
  v1::Headroom* headroom = leg->mutable_headroom();
  headroom->set_proven(true);
  headroom->set_rate_factor(1.5);
  headroom->set_rate_per_second(1200);
}

void SpoilSampleRun(bool overridden, v1::RunResult* run) {
  v1::Leg* leg = run->mutable_legs(0);
  v1::GateResult* gate = leg->mutable_gates(4);
  gate->set_passed(false);
  gate->set_agent("agent-1");
  gate->set_saw("93 % over seconds 10–14");
  gate->set_advice("Give the agent more cores, or spread its load over more agents.");
  leg->mutable_spreads(1)->set_response_p99_ns(61'800'000);
  leg->mutable_spreads(1)->set_outlier(true);
  leg->mutable_verdict()->clear_reasons();
  run->mutable_verdict()->clear_reasons();
  const std::string reason =
      "gate core_cpu of agent-1: 93 % over seconds 10–14 (limit: ≤ 80 % over any 5 s)";
  for (v1::ValidityVerdict* verdict : {leg->mutable_verdict(), run->mutable_verdict()}) {
    verdict->set_validity(overridden ? v1::VALIDITY_UNVERIFIED : v1::VALIDITY_INVALID);
    if (overridden) verdict->add_overridden("core_cpu");
  }
  leg->mutable_verdict()->add_reasons(reason);
  run->mutable_verdict()->add_reasons("mixed on postgres: " + reason);
}

}  // namespace weir::test
