// What a record costs on its way into PostgreSQL, without the server.
#include <benchmark/benchmark.h>

#include <string>

#include "backends/postgres/copy_binary.h"
#include "backends/postgres/parameter_list.h"
#include "tests/support/sample_records.h"

namespace weir {
namespace {

constexpr uint64_t kRecord = 1000;

void EncodeCopyTuple(benchmark::State& state) {
  const SampleRecords records;
  Record record;
  records.Make(kRecord, 0, &record);
  std::string out;
  for (auto _ : state) {
    if (out.size() > 65'536) out.clear();
    AppendCopyTuple(records.schema(), record, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(EncodeCopyTuple);

void EncodeParameters(benchmark::State& state) {
  const SampleRecords records;
  Record record;
  records.Make(kRecord, 0, &record);
  ParameterList parameters;
  for (auto _ : state) {
    parameters.Clear();
    parameters.AddRecord(records.schema(), record);
    benchmark::DoNotOptimize(parameters.values());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(EncodeParameters);

void DecodeCopyTuple(benchmark::State& state) {
  const SampleRecords records;
  Record record;
  records.Make(kRecord, 0, &record);
  std::string message;
  AppendCopyTuple(records.schema(), record, &message);
  for (auto _ : state) {
    const absl::Status status = DecodeCopyMessage(
        records.schema(), message, [](const Record& each) { benchmark::DoNotOptimize(&each); });
    benchmark::DoNotOptimize(status.ok());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(DecodeCopyTuple);

}  // namespace
}  // namespace weir
