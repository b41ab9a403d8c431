#include "tests/bench/scale/fleet.h"

#include <cmath>
#include <random>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/version.h"
#include "measure/tally.h"

namespace weir {
namespace {

void PutVarint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void PutNumber(int field, uint64_t value, std::string* out) {
  PutVarint(static_cast<uint64_t>(field) << 3, out);
  PutVarint(value, out);
}

void PutBytes(int field, const std::string& bytes, std::string* out) {
  PutVarint(static_cast<uint64_t>(field) << 3 | 2, out);
  PutVarint(bytes.size(), out);
  out->append(bytes);
}

// Response times of a database over a network: a log-normal body around half a millisecond.
void RecordOne(std::mt19937_64& random, Tally* tally) {
  std::lognormal_distribution<double> service_ns(std::log(500e3), 0.5);
  std::exponential_distribution<double> lag_ns(1 / 20e3);
  const auto service = static_cast<uint64_t>(service_ns(random));
  const auto lag = static_cast<uint64_t>(lag_ns(random));
  const auto wait = static_cast<uint64_t>(lag_ns(random) / 10);
  tally->service.Record(service);
  tally->lag.Record(lag);
  tally->wait.Record(wait);
  tally->dispatch_response.Record(service + wait);
  tally->response.Record(service + wait + lag);
}

v1::ResourceSample Resources() {
  v1::ResourceSample sample;
  sample.set_span_ns(kNsPerSecond);
  sample.set_process_cpu_ns(300'000'000);
  sample.set_busiest_worker_cpu_ns(250'000'000);
  sample.set_busiest_core_ns(400'000'000);
  sample.set_machine_cpu_ns(900'000'000);
  sample.set_cores(4);
  sample.set_resident_bytes(80'000'000);
  sample.set_network_sent_bytes(2'000'000);
  sample.set_network_received_bytes(3'000'000);
  sample.set_link_bytes_per_second(1'250'000'000);
  sample.set_tcp_segments_sent(4'000);
  sample.set_threads(9);
  sample.set_clocksource("tsc");
  return sample;
}

}  // namespace

Fleet::Fleet(const FleetLoad& load) : load_(load) {
  for (uint64_t seed = 0; seed < kVariants; ++seed) variants_.push_back(MakeVariant(seed));
}

Fleet::Variant Fleet::MakeVariant(uint64_t seed) const {
  std::mt19937_64 random(seed);
  v1::Interval interval;
  Variant variant;
  for (uint32_t operation = 0; operation < load_.operations; ++operation) {
    Tally second;
    for (uint32_t i = 0; i < load_.per_second; ++i) RecordOne(random, &second);
    second.counts().set_planned(load_.per_second);
    second.counts().set_ok(load_.per_second);
    second.counts().set_attempts(load_.per_second);
    second.counts().set_records(load_.per_second);
    second.counts().set_bytes_sent(200 * load_.per_second);
    second.counts().set_bytes_received(800 * load_.per_second);
    v1::OperationInterval* part = interval.add_operations();
    part->set_phase(v1::PHASE_MEASURE);
    part->set_operation(operation);
    *part->mutable_tally() = second.ToProto();
    Tally all;
    for (uint32_t s = 0; s < load_.seconds; ++s) all.Add(second);
    v1::PhaseResult& total = variant.totals.emplace_back();
    total.set_phase(v1::PHASE_MEASURE);
    total.set_operation(operation);
    *total.mutable_total() = all.ToProto();
  }
  *interval.add_resources() = Resources();
  variant.interval = interval.SerializeAsString();
  return variant;
}

v1::AgentMessage Fleet::Hello(uint32_t agent) {
  v1::AgentMessage message;
  v1::Hello* hello = message.mutable_hello();
  hello->set_protocol(1);
  hello->set_dial(1);
  hello->set_incarnation(absl::StrCat("incarnation-", agent));
  hello->mutable_facts()->set_name(absl::StrCat("agent-", agent));
  hello->mutable_facts()->set_host(absl::StrCat("host-", agent));
  hello->mutable_facts()->set_version(std::string(Version()));
  return message;
}

std::optional<v1::AgentMessage> Fleet::Answer(const v1::CoordinatorMessage& message,
                                              int64_t now_ns) const {
  v1::AgentMessage answer;
  if (message.has_ping()) {
    answer.mutable_pong()->set_sequence(message.ping().sequence());
    answer.mutable_pong()->set_ping_sent_ns(message.ping().sent_ns());
    answer.mutable_pong()->set_received_ns(now_ns);
    answer.mutable_pong()->set_sent_ns(now_ns);
  } else if (message.has_prepare()) {
    v1::Prepared* prepared = answer.mutable_prepared();
    prepared->set_leg(message.prepare().leg());
    prepared->set_task(message.prepare().task());
    prepared->set_step(message.prepare().step());
    prepared->set_plan_digest("of all");
    prepared->set_workers(1);
    for (uint32_t operation = 0; operation < load_.operations; ++operation) {
      prepared->add_operations()->set_name(absl::StrCat("operation-", operation));
      v1::PlannedCounts* planned = prepared->add_planned();
      planned->set_phase(v1::PHASE_MEASURE);
      planned->set_operation(operation);
      for (uint32_t s = 0; s < load_.seconds; ++s) planned->add_by_second(load_.per_second);
    }
  } else if (message.has_arm()) {
    answer.mutable_armed()->set_step(message.arm().step());
    answer.mutable_armed()->set_attempt(message.arm().attempt());
  } else if (message.has_goodbye()) {
    answer.mutable_farewell();
  } else {
    return std::nullopt;
  }
  return answer;
}

std::string Fleet::Report(uint32_t agent, const v1::Arm& arm, uint32_t second) const {
  const std::string& body = variants_[agent % kVariants].interval;
  std::string interval;
  interval.reserve(body.size() + 16);
  PutNumber(v1::Interval::kSecondFieldNumber, second, &interval);
  interval += body;
  std::string report;
  report.reserve(interval.size() + 32);
  PutNumber(v1::IntervalReport::kLegFieldNumber, arm.leg(), &report);
  PutNumber(v1::IntervalReport::kTaskFieldNumber, static_cast<uint64_t>(arm.task()), &report);
  PutNumber(v1::IntervalReport::kSequenceFieldNumber, second + 1, &report);
  PutBytes(v1::IntervalReport::kIntervalFieldNumber, interval, &report);
  PutNumber(v1::IntervalReport::kStepFieldNumber, arm.step(), &report);
  std::string message;
  message.reserve(report.size() + 8);
  PutBytes(v1::AgentMessage::kIntervalFieldNumber, report, &message);
  return message;
}

v1::AgentMessage Fleet::Done(uint32_t agent, const v1::Arm& arm) const {
  v1::AgentMessage message;
  v1::StageDone* done = message.mutable_stage_done();
  done->set_leg(arm.leg());
  done->set_task(arm.task());
  done->set_step(arm.step());
  done->set_last_sequence(load_.seconds);
  done->set_started_ns(arm.start_ns() + 50'000);
  done->set_elapsed_ns(load_.seconds * kNsPerSecond);
  const std::vector<v1::PhaseResult>& totals = variants_[agent % kVariants].totals;
  *done->mutable_totals() = {totals.begin(), totals.end()};
  return message;
}

}  // namespace weir
