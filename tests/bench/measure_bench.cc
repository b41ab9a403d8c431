// What measuring costs: the histogram in the worker's loop, the merge in the coordinator's.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"

#include "base/check.h"
#include "base/clock.h"
#include "measure/histogram.h"
#include "measure/steadiness.h"
#include "measure/tally.h"

namespace weir {
namespace {

// Response times around 1 ms with a long tail.
std::vector<uint64_t> ResponseTimes(size_t count) {
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> law(std::log(1e6), 0.6);
  std::vector<uint64_t> values(count);
  for (uint64_t& value : values) value = static_cast<uint64_t>(law(random));
  return values;
}

Histogram Busy(size_t values) {
  Histogram histogram;
  for (const uint64_t value : ResponseTimes(values)) histogram.Record(value);
  return histogram;
}

Tally BusyTally() {
  Tally tally;
  tally.counts().set_planned(1'000);
  tally.counts().set_ok(1'000);
  tally.counts().set_attempts(1'000);
  tally.response = tally.service = tally.wait = tally.lag = Busy(1'000);
  return tally;
}

void BM_ClockRead(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(MonotonicNs());
}
BENCHMARK(BM_ClockRead);

void BM_HistogramRecord(benchmark::State& state) {
  const std::vector<uint64_t> values = ResponseTimes(4'096);
  Histogram histogram;
  size_t i = 0;
  for (auto _ : state) histogram.Record(values[i++ & 4'095]);
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(BM_HistogramRecord);

// What measuring adds to one operation: three readings of the clock beside the intended start, five
// times into their histograms, and the counts. To stay below 100 ns (R15).
void BM_MeasureOneOperation(benchmark::State& state) {
  Tally tally;
  int64_t intended_ns = MonotonicNs();
  for (auto _ : state) {
    const int64_t dispatched_ns = MonotonicNs();
    const int64_t sent_ns = MonotonicNs();
    const int64_t completed_ns = MonotonicNs();
    tally.response.Record(static_cast<uint64_t>(completed_ns - intended_ns));
    tally.dispatch_response.Record(static_cast<uint64_t>(completed_ns - dispatched_ns));
    tally.service.Record(static_cast<uint64_t>(completed_ns - sent_ns));
    tally.wait.Record(static_cast<uint64_t>(sent_ns - dispatched_ns));
    tally.lag.Record(static_cast<uint64_t>(dispatched_ns - intended_ns));
    v1::Tally& n = tally.counts();
    n.set_planned(n.planned() + 1);
    n.set_ok(n.ok() + 1);
    n.set_attempts(n.attempts() + 1);
    n.set_records(n.records() + 1);
    n.set_bytes_sent(n.bytes_sent() + 100);
    n.set_bytes_received(n.bytes_received() + 100);
    intended_ns = completed_ns;
  }
  benchmark::DoNotOptimize(tally.counts().ok());
}
BENCHMARK(BM_MeasureOneOperation);

// The end of a leg of ten minutes: `changes` = 1 has a change of level, whose test takes longest.
void BM_JudgeSteadiness(benchmark::State& state) {
  std::vector<SecondSeries> series(4);
  for (size_t s = 0; s < series.size(); ++s) {
    std::mt19937_64 random(s);
    std::normal_distribution<double> law(1'000, 50);
    for (int second = 0; second < 600; ++second) {
      const bool changed = state.range(0) == 1 && second >= 400;
      series[s].values.push_back(law(random) * (changed ? 1.3 : 1));
    }
  }
  for (auto _ : state) benchmark::DoNotOptimize(JudgeSteadiness(series, 0).steady());
}
BENCHMARK(BM_JudgeSteadiness)->ArgName("changes")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

void BM_HistogramAdd(benchmark::State& state) {
  const Histogram other = Busy(static_cast<size_t>(state.range(0)));
  Histogram sum;
  for (auto _ : state) sum.Add(other);
  benchmark::DoNotOptimize(sum.count());
}
BENCHMARK(BM_HistogramAdd)->Arg(1'000)->Arg(100'000);

void BM_HistogramAddEncodedV2(benchmark::State& state) {
  const std::string payload = Busy(static_cast<size_t>(state.range(0))).EncodeV2();
  Histogram sum;
  for (auto _ : state) WEIR_CHECK(sum.AddEncodedV2(payload).ok());
  state.counters["bytes"] = static_cast<double>(payload.size());
}
BENCHMARK(BM_HistogramAddEncodedV2)->Arg(1'000)->Arg(100'000);

void BM_HistogramEncodeV2(benchmark::State& state) {
  const Histogram histogram = Busy(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(histogram.EncodeV2());
}
BENCHMARK(BM_HistogramEncodeV2)->Arg(1'000)->Arg(100'000);

void BM_HistogramClear(benchmark::State& state) {
  const Histogram busy = Busy(1'000);
  Histogram histogram;
  for (auto _ : state) {
    histogram.Add(busy);
    histogram.Clear();
  }
}
BENCHMARK(BM_HistogramClear);

void BM_HistogramQuantile(benchmark::State& state) {
  const Histogram histogram = Busy(100'000);
  for (auto _ : state) benchmark::DoNotOptimize(histogram.ValueAtQuantile(0.99));
}
BENCHMARK(BM_HistogramQuantile);

void BM_TallyAddProto(benchmark::State& state) {
  const v1::Tally proto = BusyTally().ToProto();
  Tally sum;
  for (auto _ : state) WEIR_CHECK(sum.Add(proto).ok());
  state.counters["bytes"] = static_cast<double>(proto.ByteSizeLong());
}
BENCHMARK(BM_TallyAddProto);

void BM_TallyToProto(benchmark::State& state) {
  const Tally tally = BusyTally();
  for (auto _ : state) benchmark::DoNotOptimize(tally.ToProto());
}
BENCHMARK(BM_TallyToProto);

void BM_AddCounts(benchmark::State& state) {
  const v1::Tally counts = BusyTally().counts();
  v1::Tally sum;
  for (auto _ : state) AddCounts(counts, &sum);
  benchmark::DoNotOptimize(sum.ok());
}
BENCHMARK(BM_AddCounts);

}  // namespace
}  // namespace weir
