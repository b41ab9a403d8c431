#include "tests/reports/sample_operations.h"

#include <cmath>

#include "base/random.h"

namespace weir::test {
namespace {

using Key = SampleKey;
using Visit = absl::FunctionRef<void(v1::Phase stage, const v1::Interval&)>;

constexpr SampleOperation kMix[] = {
    {"insert", v1::OPERATION_KIND_INSERT, 50, 1, true, 0.9, 9.71, 1},
    {"read", v1::OPERATION_KIND_READ, 40, 1, true, 0.35, 1.0, 1},
    {"recent_errors", v1::OPERATION_KIND_QUERY, 8, 1, true, 2.4, 4.2, 20},
    {"level_counts", v1::OPERATION_KIND_QUERY, 2, 1, false, 14.0, 31.5, 36},
};

constexpr SampleOperation kPeak[] = {
    {"read", v1::OPERATION_KIND_READ, 1, 1, true, 0.9, 1.0, 1},
};

constexpr SampleLeg kLegs[] = {
    {0, "mixed", false, true, 9, 5, 60, 800, kMix, 4},
    {1, "mixed", true, true, 31, 5, 60, 800, kMix, 4},
    {2, "peak-reads", false, false, 0, 2, 12, 2600, kPeak, 1},
    {3, "peak-reads", true, false, 0, 2, 12, 1150, kPeak, 1},
};

double LogNormal(DrawStream& draws, double median, double sigma) {
  const double radius = std::sqrt(-2 * std::log(1 - draws.Unit()));
  return median * std::exp(sigma * radius * std::cos(2 * M_PI * draws.Unit()));
}

// PostgreSQL pauses for a checkpoint; Cosmos DB throttles when the mix asks for more than it has.
double Slowdown(const SampleLeg& leg, uint32_t second) {
  if (!leg.open) return 1;
  if (!leg.cosmos) return second == 41 || second == 42 ? 18 : 1;
  return second >= 30 && second < 42 ? 2.6 : 1;
}

class Sampler {
 public:
  explicit Sampler(const SampleLeg& leg) : leg_(leg) {}

  void Operation(uint32_t second, uint32_t number, Tally& tally) {
    DrawStream draws(DeriveKey(leg_.index, "sample"), (uint64_t{second} << 32) | number);
    const SampleOperation& operation = leg_.operations[Pick(draws)];
    tally.counts().set_planned(tally.counts().planned() + 1);
    Attempt(operation, second, draws, tally);
  }

  // Which operation the draw falls on; the same as Operation uses.
  size_t Pick(uint32_t second, uint32_t number) const {
    DrawStream draws(DeriveKey(leg_.index, "sample"), (uint64_t{second} << 32) | number);
    return Pick(draws);
  }

 private:
  size_t Pick(DrawStream& draws) const {
    uint32_t weights = 0;
    for (size_t i = 0; i < leg_.operation_count; ++i) weights += leg_.operations[i].weight;
    auto point = static_cast<uint32_t>(draws.Below(weights));
    size_t i = 0;
    while (point >= leg_.operations[i].weight) point -= leg_.operations[i++].weight;
    return i;
  }

  void Attempt(const SampleOperation& operation, uint32_t second, DrawStream& draws,
               Tally& tally) const {
    const double base = leg_.cosmos ? 2.1 + operation.response_ms * 1.4 : operation.response_ms;
    const double service_ms = LogNormal(draws, base, leg_.cosmos ? 0.28 : 0.38);
    const double wait_ms = LogNormal(draws, 0.02, 0.8) * Slowdown(leg_, second);
    const double lag_ms = LogNormal(draws, 0.015, 0.5);
    const bool squeezed = leg_.cosmos && leg_.open && second >= 30 && second < 42;
    const bool throttled = squeezed && draws.Unit() < 0.22;
    const bool gives_up =
        throttled && operation.kind == v1::OPERATION_KIND_INSERT && draws.Unit() < 0.3;
    const bool fails = !leg_.cosmos && leg_.open && second == 42 && draws.Unit() < 0.01;
    v1::Tally& n = tally.counts();
    n.set_attempts(n.attempts() + (throttled ? 2 : 1));
    n.set_retries(n.retries() + (throttled ? 1 : 0));
    n.set_throttled_attempts(n.throttled_attempts() + (gives_up ? 2 : throttled ? 1 : 0));
    tally.lag.Record(Ns(lag_ms));
    tally.wait.Record(Ns(wait_ms));
    if (leg_.cosmos) Charge(operation, throttled, gives_up, tally);
    const double backoff_ms = throttled ? 20 + 60 * draws.Unit() : 0;
    const double response_ms = lag_ms + wait_ms + service_ms * Slowdown(leg_, second) + backoff_ms;
    if (gives_up || fails) return Fail(gives_up, response_ms, tally);
    tally.dispatch_response.Record(Ns(response_ms - lag_ms));
    if (leg_.cosmos) tally.server_time.Record(Ns(service_ms * Slowdown(leg_, second) * 0.8));
    Succeed(operation, response_ms, service_ms * Slowdown(leg_, second), tally);
  }

  static uint64_t Ns(double ms) { return static_cast<uint64_t>(ms * 1e6); }

  static void Charge(const SampleOperation& operation, bool throttled, bool gives_up,
                     Tally& tally) {
    const auto milli_ru = static_cast<uint64_t>(operation.ru * 1000) * operation.batch;
    const uint64_t wasted = throttled ? 380 : 0;
    v1::Tally& n = tally.counts();
    n.set_milli_ru(n.milli_ru() + wasted + (gives_up ? 0 : milli_ru));
    n.set_wasted_milli_ru(n.wasted_milli_ru() + wasted);
    if (!gives_up) tally.charge.Record(milli_ru + wasted);
  }

  static void Fail(bool throttled, double response_ms, Tally& tally) {
    v1::Tally& n = tally.counts();
    throttled ? n.set_throttled(n.throttled() + 1) : n.set_failed(n.failed() + 1);
    tally.failed_response.Record(Ns(response_ms));
  }

  static void Succeed(const SampleOperation& operation, double response_ms, double service_ms,
                      Tally& tally) {
    v1::Tally& n = tally.counts();
    n.set_ok(n.ok() + 1);
    n.set_records(n.records() + operation.records);
    n.set_bytes_sent(n.bytes_sent() + 310 * operation.batch);
    n.set_bytes_received(n.bytes_received() + 40 + 290 * operation.records);
    tally.response.Record(Ns(response_ms));
    tally.service.Record(Ns(service_ms));
  }

  const SampleLeg& leg_;
};

void AddInterval(const SampleLeg& leg, const std::map<std::pair<uint32_t, Key>, Tally>& agents,
                 uint32_t second, v1::Phase stage, LegNumbers* numbers, Visit visit) {
  std::map<Key, Tally> merged;
  for (const auto& [agent_key, tally] : agents) {
    merged[agent_key.second].Add(tally);
    numbers->shares[agent_key].Add(tally);
  }
  v1::Interval interval;
  interval.set_second(second);
  for (const auto& [key, tally] : merged) {
    numbers->totals[key].Add(tally);
    v1::OperationInterval* operation = interval.add_operations();
    operation->set_phase(key.first);
    operation->set_operation(key.second);
    *operation->mutable_tally() = tally.ToProto();
  }
  AddEvidenceOfSecond(EvidenceOf(leg), stage, &interval);
  visit(stage, interval);
}

void SampleLoad(const SampleLeg& leg, LegNumbers* numbers, Visit visit) {
  const SampleOperation batch = {"load", v1::OPERATION_KIND_INSERT, 1, 100, true, 9, 9.71, 100};
  SampleLeg load = leg;
  load.operations = &batch;
  load.operation_count = 1;
  load.open = false;
  for (uint32_t second = 0; second < leg.load_seconds; ++second) {
    const uint32_t wobble = static_cast<uint32_t>(Draw(7, second) % 9);
    const uint32_t whole = (leg.cosmos ? 30 : 106) + wobble;
    const uint32_t batches = second + 1 < leg.load_seconds ? whole : whole * 6 / 10;
    std::map<std::pair<uint32_t, Key>, Tally> agents;
    for (uint32_t i = 0; i < batches; ++i) {
      Sampler(load).Operation(second, i, agents[{i % kSampleAgents, {v1::PHASE_LOAD, 0}}]);
    }
    AddInterval(leg, agents, second, v1::PHASE_LOAD, numbers, visit);
  }
}

void SampleDrive(const SampleLeg& leg, LegNumbers* numbers, Visit visit) {
  Sampler sampler(leg);
  for (uint32_t second = 0; second < leg.warm_up + leg.measure; ++second) {
    const v1::Phase phase = second < leg.warm_up ? v1::PHASE_WARM_UP : v1::PHASE_MEASURE;
    const uint32_t jitter = static_cast<uint32_t>(Draw(leg.index, second) % (leg.per_second / 12));
    std::map<std::pair<uint32_t, Key>, Tally> agents;
    for (uint32_t i = 0; i < leg.per_second - leg.per_second / 24 + jitter; ++i) {
      const auto operation = static_cast<uint32_t>(sampler.Pick(second, i));
      sampler.Operation(second, i, agents[{i % kSampleAgents, {phase, operation}}]);
    }
    AddInterval(leg, agents, second, v1::PHASE_MEASURE, numbers, visit);
  }
}

}  // namespace

absl::Span<const SampleLeg> SampleLegs() { return kLegs; }

SampleEvidence EvidenceOf(const SampleLeg& leg) {
  return {leg.index, leg.cosmos, leg.open, leg.warm_up, leg.measure, leg.per_second};
}

LegNumbers SampleNumbers(const SampleLeg& leg, Visit visit) {
  LegNumbers numbers;
  if (leg.load_seconds > 0) SampleLoad(leg, &numbers, visit);
  SampleDrive(leg, &numbers, visit);
  return numbers;
}

}  // namespace weir::test
