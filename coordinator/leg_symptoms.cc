#include "coordinator/leg_symptoms.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "measure/tally.h"
#include "reports/partition_use.h"

namespace weir {
namespace {

// The gates that judge whether the agents kept up; the others judge other things. A busy core says
// nothing about them where a database works beside them.
bool JudgesTheGenerator(const std::string& gate, const v1::Leg& leg) {
  constexpr std::string_view kGates[] = {"dispatched", "generator_share", "watchdog",
                                         "worker_cpu", "quota",           "steal"};
  if (gate == "core_cpu") return leg.processes().empty();
  return std::find(std::begin(kGates), std::end(kGates), gate) != std::end(kGates);
}

double Share(double part, double whole) { return whole > 0 ? part / whole : 0; }

double MeasureSeconds(const v1::Leg& leg) {
  for (const v1::PhaseSpan& span : leg.spans()) {
    if (span.phase() == v1::PHASE_MEASURE) {
      return static_cast<double>(span.duration_ns()) / kNsPerSecond;
    }
  }
  return 0;
}

Tally Total(const v1::Leg& leg) {
  Tally total;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() != v1::PHASE_MEASURE) continue;
    // A payload that cannot be read has been reported when it came.
    (void)total.Add(result.total()).ok();
  }
  return total;
}

void ReadTimes(const Tally& total, Symptoms* symptoms) {
  const v1::Tally& counts = total.counts();
  const auto ok = static_cast<double>(total.response.count());
  const auto failed = static_cast<double>(total.failed_response.count());
  symptoms->answered = total.response.count() + total.failed_response.count();
  symptoms->response_ns =
      Share(total.response.Mean() * ok + total.failed_response.Mean() * failed, ok + failed);
  symptoms->lag_ns = total.lag.Mean();
  symptoms->wait_ns = total.wait.Mean();
  symptoms->service_ns = total.service.Mean();
  if (!total.server_time.empty()) symptoms->server_ns = total.server_time.Mean();
  symptoms->wait_p99_ns = static_cast<double>(total.wait.ValueAtQuantile(0.99));
  symptoms->service_p50_ns = static_cast<double>(total.service.ValueAtQuantile(0.5));
  symptoms->service_longest_ns = static_cast<double>(total.service.Max());
  symptoms->unserved_share = Share(static_cast<double>(counts.unsent() + counts.timed_out()),
                                   static_cast<double>(counts.planned()));
  symptoms->throttled_share = Share(static_cast<double>(counts.throttled_attempts()),
                                    static_cast<double>(counts.attempts()));
}

// Little's law: operations in flight on average = attempts per second × time of one.
void ReadSessions(const v1::Leg& leg, const v1::Target& target, const Tally& total, double seconds,
                  Symptoms* symptoms) {
  const double depth = std::max(1u, target.postgres().pipeline_depth());
  const double in_flight = Share(static_cast<double>(total.counts().attempts()), seconds) *
                           total.service.Mean() / kNsPerSecond;
  symptoms->sessions = leg.sessions();
  symptoms->sessions_busy = std::min(1.0, Share(in_flight, leg.sessions() * depth));
}

void ReadPartitions(const v1::Leg& leg, double seconds, Symptoms* symptoms) {
  if (leg.provisioned_ru() == 0 || leg.partitions().empty() || seconds <= 0) return;
  const auto partitions = static_cast<double>(PhysicalPartitions(leg));
  const double room = MeanProvisionedRu(leg) / partitions * seconds * 1000;
  for (const v1::PartitionUse& use : leg.partitions()) {
    const double share = static_cast<double>(use.milli_ru()) / room;
    if (share < symptoms->fullest_partition_share.value_or(0)) continue;
    symptoms->fullest_partition_share = share;
    symptoms->fullest_partition = use.partition();
  }
}

// What is lost on the way to somebody else says nothing about a database on this machine.
void ReadNetwork(const v1::Leg& leg, Symptoms* symptoms) {
  if (symptoms->in_process || !leg.processes().empty()) return;
  for (const v1::ResourceSample& sample : leg.resources()) {
    if (sample.tcp_segments_sent() > 0) {
      const double share = Share(static_cast<double>(sample.tcp_retransmits()),
                                 static_cast<double>(sample.tcp_segments_sent()));
      symptoms->retransmit_share = std::max(symptoms->retransmit_share.value_or(0), share);
    }
    const double seconds = static_cast<double>(sample.span_ns()) / kNsPerSecond;
    const double room = static_cast<double>(sample.link_bytes_per_second()) * seconds;
    if (room <= 0) continue;
    const auto used =
        static_cast<double>(std::max(sample.network_sent_bytes(), sample.network_received_bytes()));
    symptoms->link_share = std::max(symptoms->link_share.value_or(0), used / room);
  }
}

void ReadMachine(const v1::Leg& leg, double seconds, Symptoms* symptoms) {
  if (leg.processes().empty()) return;
  const uint32_t agent = leg.processes(0).agent();
  double database_ns = 0;
  for (const v1::ProcessSample& sample : leg.processes()) {
    if (sample.agent() == agent) database_ns += static_cast<double>(sample.cpu_ns());
  }
  for (const v1::ResourceSample& sample : leg.resources()) {
    if (sample.agent() != agent || sample.cores() == 0) continue;
    const double span_ns =
        sample.span_ns() > 0 ? static_cast<double>(sample.span_ns()) : seconds * kNsPerSecond;
    symptoms->database_cpu_share = Share(database_ns, sample.cores() * span_ns);
    symptoms->machine_cpu_share =
        Share(static_cast<double>(sample.machine_cpu_ns()), sample.cores() * span_ns);
  }
}

// Waiting for the client, or for nothing in particular, is not the server's doing.
bool IsContention(const std::string& wait) {
  if (wait == "CPU") return false;
  for (const char* idle : {"Client/", "Activity/", "Timeout/", "Extension/"}) {
    if (absl::StartsWith(wait, idle)) return false;
  }
  return true;
}

bool IsForOthers(const std::string& wait) {
  return absl::StartsWith(wait, "Lock/") || absl::StartsWith(wait, "LWLock/") ||
         absl::StartsWith(wait, "BufferPin/");
}

// The observer looks once a second.
void ReadEvidence(const v1::Evidence& evidence, double seconds, Symptoms* symptoms) {
  const auto samples = static_cast<double>(evidence.wait_samples());
  symptoms->wait_samples = evidence.wait_samples();
  for (const v1::NamedCount& wait : evidence.waits()) {
    if (!IsContention(wait.name())) continue;
    const double share = Share(wait.value(), samples);
    symptoms->contention_share += share;
    symptoms->locked_share += IsForOthers(wait.name()) ? share : 0;
    symptoms->waiting_sessions += Share(wait.value(), seconds);
    if (share <= symptoms->longest_wait_share) continue;
    symptoms->longest_wait_share = share;
    symptoms->longest_wait = wait.name();
  }
  for (const v1::ServerEvent& event : evidence.events()) {
    symptoms->checkpoints += absl::StartsWith(event.what(), "checkpoint (") ? 1 : 0;
  }
}

void ReadGates(const v1::Leg& leg, Symptoms* symptoms) {
  for (const v1::GateResult& gate : leg.gates()) {
    if (gate.passed() || !JudgesTheGenerator(gate.name(), leg)) continue;
    symptoms->generator_gates.push_back(
        absl::StrCat(gate.name(), gate.agent().empty() ? "" : " of ", gate.agent(), ": ",
                     gate.saw(), " (limit ", gate.limit(), ")"));
  }
}

}  // namespace

Symptoms ReadSymptoms(const v1::Leg& leg, const v1::Scenario& scenario, const v1::Target& target) {
  const double seconds = MeasureSeconds(leg);
  const Tally total = Total(leg);
  Symptoms symptoms;
  symptoms.open_loop = leg.open_loop();
  symptoms.thinks = scenario.shape().closed().think_time().ns() > 0;
  symptoms.in_process = target.has_sqlite();
  ReadTimes(total, &symptoms);
  ReadSessions(leg, target, total, seconds, &symptoms);
  ReadPartitions(leg, seconds, &symptoms);
  ReadNetwork(leg, &symptoms);
  ReadMachine(leg, seconds, &symptoms);
  ReadEvidence(leg.evidence(), seconds, &symptoms);
  ReadGates(leg, &symptoms);
  return symptoms;
}

}  // namespace weir
