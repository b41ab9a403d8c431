// What measuring costs: the histogram in the worker's loop, the merge in the coordinator's.
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"

#include "base/check.h"
#include "base/clock.h"
#include "measure/histogram.h"
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
