// What it costs to write a record as a document, to route it by its partition key, and to read a
// page of documents back.
#include <benchmark/benchmark.h>

#include <string>

#include "backends/cosmos/document.h"
#include "backends/cosmos/json_text.h"
#include "backends/cosmos/wire/effective_partition_key.h"
#include "backends/cosmos/wire/signature.h"
#include "generators/dataset.h"
#include "tests/bench/sample_logs.h"

namespace weir::cosmos {
namespace {

void BM_AppendDocument(benchmark::State& state) {
  const std::unique_ptr<Dataset> logs = MakeSampleLogs(1'000'000);
  const DocumentForm form(logs->schema(), logs->schema().partition_field);
  Record record;
  logs->Make(4711, 0, &record);
  std::string out;
  for (auto _ : state) {
    out.clear();
    form.AppendDocument(record, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * out.size()));
}
BENCHMARK(BM_AppendDocument);

// The goal is 3 million documents per second and core.
void BM_MakeAndAppendDocument(benchmark::State& state) {
  const std::unique_ptr<Dataset> logs = MakeSampleLogs(1'000'000);
  const DocumentForm form(logs->schema(), logs->schema().partition_field);
  Record record;
  std::string out;
  uint64_t index = 0;
  for (auto _ : state) {
    out.clear();
    logs->Make(index++ % 1'000'000, 0, &record);
    form.AppendDocument(record, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_MakeAndAppendDocument);

void BM_AppendJsonString(benchmark::State& state) {
  const std::string text(static_cast<size_t>(state.range(0)), 'x');
  std::string out;
  for (auto _ : state) {
    out.clear();
    AppendJsonString(text, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(BM_AppendJsonString)->Arg(16)->Arg(256)->Arg(4096);

void BM_HashPartitionKey(benchmark::State& state) {
  const PartitionKeyValue key = PartitionKeyValue::String("service-0042");
  for (auto _ : state) benchmark::DoNotOptimize(HashPartitionKey(key));
}
BENCHMARK(BM_HashPartitionKey);

void BM_SignRequest(benchmark::State& state) {
  const auto key = MasterKey::FromBase64(kWellKnownEmulatorKey);
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        key->Token("POST", "docs", "dbs/weir/colls/weir_records", "Thu, 27 Apr 2017 00:51:12 GMT"));
  }
}
BENCHMARK(BM_SignRequest);

void BM_ReadPageOf100(benchmark::State& state) {
  const std::unique_ptr<Dataset> logs = MakeSampleLogs(1'000'000);
  const DocumentForm form(logs->schema(), logs->schema().partition_field);
  std::string page = R"({"Documents":[)";
  Record record;
  for (uint64_t i = 0; i < 100; ++i) {
    logs->Make(i, 0, &record);
    if (i > 0) page.push_back(',');
    form.AppendDocument(record, &page);
  }
  page += "]}";
  DocumentReader reader(form);
  for (auto _ : state) {
    int64_t read = 0;
    const absl::Status status = reader.ForEachRecord(&page, [&](const Record&) { ++read; });
    if (!status.ok() || read != 100) state.SkipWithError("cannot read the page");
  }
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * page.size()));
}
BENCHMARK(BM_ReadPageOf100);

}  // namespace
}  // namespace weir::cosmos
