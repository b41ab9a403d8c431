// Speed of what agents do per operation before a session sees it: records, keys, arrivals, plans.
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>

#include "benchmark/benchmark.h"
#include "google/protobuf/text_format.h"

#include "generators/key_chooser.h"
#include "generators/operation_plan.h"
#include "generators/record_writer.h"
#include "generators/replay_file.h"
#include "generators/schedule.h"

namespace weir {
namespace {

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  google::protobuf::TextFormat::ParseFromString(text, &message);
  return message;
}

v1::Campaign MakeCampaign() {
  return FromText<v1::Campaign>(
      "seed: 1 dataset { records: 10000000 logs { services: 64 hosts: 400 regions: 6 users: 100000 "
      "user_theta: 0.99 records_per_trace: 8 records_per_second: 1000 } }");
}

std::unique_ptr<Dataset> MakeLogs() { return *MakeDataset(MakeCampaign().dataset(), 1); }

uint64_t ValueBytes(const RecordSchema& schema, const Record& record) {
  uint64_t bytes = 0;
  for (size_t i = 0; i < record.size(); ++i) {
    bytes += schema.fields[i].type == FieldType::kText ? record[i].text().size() : 8;
  }
  return bytes;
}

void MakeLogRecord(benchmark::State& state) {
  const auto dataset = MakeLogs();
  Record record;
  uint64_t index = 0;
  uint64_t bytes = 0;
  for (auto _ : state) {
    dataset->Make(index++, 0, &record);
    bytes += ValueBytes(dataset->schema(), record);
  }
  state.SetItemsProcessed(static_cast<int64_t>(index));
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(MakeLogRecord);

void WriteLogRecord(benchmark::State& state) {
  const auto dataset = MakeLogs();
  const RecordWriter writer(dataset->schema(), static_cast<RecordFormat>(state.range(0)));
  Record record;
  std::string text;
  uint64_t index = 0;
  uint64_t bytes = 0;
  for (auto _ : state) {
    text.clear();
    dataset->Make(index++, 0, &record);
    writer.Write(record, &text);
    bytes += text.size();
  }
  state.SetItemsProcessed(static_cast<int64_t>(index));
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(WriteLogRecord)->ArgName("csv")->Arg(0)->Arg(1);

void ChooseKey(benchmark::State& state) {
  v1::KeyDistribution settings;
  settings.set_law(static_cast<v1::KeyLaw>(state.range(0)));
  settings.set_theta(0.99);
  settings.set_hot_records(0.2);
  settings.set_hot_operations(0.8);
  const auto keys = *MakeKeyChooser(settings, 10'000'000, 1);
  uint64_t i = 0;
  for (auto _ : state) {
    DrawStream draws(1, i++);
    benchmark::DoNotOptimize(keys->Choose({0, 10'000'000 + i}, draws));
  }
}
BENCHMARK(ChooseKey)->ArgName("law")->DenseRange(0, 3);

void MakeOperation(benchmark::State& state) {
  const v1::Campaign campaign = MakeCampaign();
  const v1::Scenario scenario = FromText<v1::Scenario>(
      "keys { law: KEY_LAW_ZIPF theta: 0.99 } "
      "operations { do: OPERATION_KIND_READ weight: 70 batch: 1 } "
      "operations { do: OPERATION_KIND_INSERT weight: 20 batch: 1 } "
      "operations { do: OPERATION_KIND_QUERY weight: 10 batch: 1 query: \"recent_errors\" }");
  const auto dataset = MakeLogs();
  const auto plan = *MakeOperationPlan(campaign, scenario, *dataset);
  PlannedOperation planned;
  uint64_t i = 0;
  for (auto _ : state) {
    plan->Make(i++, &planned);
    benchmark::DoNotOptimize(planned.operation.first_record);
  }
}
BENCHMARK(MakeOperation);

// Once a millisecond.
std::string WriteRecordedArrivals() {
  const std::string path = "/tmp/weir-bench-arrivals-" + std::to_string(getpid());
  std::ofstream file(path);
  for (uint64_t i = 0; i < 1'000'000; ++i) file << i * 1'000'000 << '\n';
  return path;
}

v1::OpenLoop ArrivalsOf(v1::ArrivalProcess process, uint64_t rate) {
  v1::OpenLoop settings = FromText<v1::OpenLoop>(
      "burst { factor: 10 calm { ns: 900000000 } burst { ns: 100000000 } } "
      "replay { speed_numerator: 1 speed_denominator: 1 }");
  settings.set_arrivals(process);
  settings.mutable_rate()->set_operations(rate);
  settings.mutable_rate()->set_per_ns(1'000'000'000);
  return settings;
}

void Advance(benchmark::State& state, const v1::OpenLoop& settings) {
  const auto schedule = *MakeSchedule(settings, int64_t{3600} * 1'000'000'000, 1);
  auto cursor = schedule->Cursor(0, 1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(cursor->offset_ns());
    cursor->Advance();
    if (cursor->done()) cursor = schedule->Cursor(0, 1);
  }
}

void AdvanceSchedule(benchmark::State& state, v1::ArrivalProcess process) {
  Advance(state, ArrivalsOf(process, static_cast<uint64_t>(state.range(0))));
}
BENCHMARK_CAPTURE(AdvanceSchedule, poisson, v1::ARRIVAL_PROCESS_POISSON)
    ->ArgName("rate")
    ->Arg(1000)
    ->Arg(1000000);
BENCHMARK_CAPTURE(AdvanceSchedule, constant, v1::ARRIVAL_PROCESS_CONSTANT)
    ->ArgName("rate")
    ->Arg(1000)
    ->Arg(1000000);
BENCHMARK_CAPTURE(AdvanceSchedule, burst, v1::ARRIVAL_PROCESS_BURST)
    ->ArgName("rate")
    ->Arg(1000)
    ->Arg(1000000);

void AdvanceRamp(benchmark::State& state) {
  Advance(state, FromText<v1::OpenLoop>(
                     "arrivals: ARRIVAL_PROCESS_CONSTANT stages { from { operations: 0 per_ns: "
                     "1000000000 } to { operations: 2000000 per_ns: 1000000000 } duration { ns: "
                     "3600000000000 } }"));
}
BENCHMARK(AdvanceRamp);

void AdvanceReplay(benchmark::State& state) {
  v1::OpenLoop settings = ArrivalsOf(v1::ARRIVAL_PROCESS_REPLAY, 1);
  settings.mutable_replay()->set_path(WriteRecordedArrivals());
  Advance(state, settings);
  std::remove(settings.replay().path().c_str());
}
BENCHMARK(AdvanceReplay);

void ReadReplay(benchmark::State& state) {
  const std::string path = WriteRecordedArrivals();
  for (auto _ : state) benchmark::DoNotOptimize(ReadReplayFile(path)->offsets_ns.size());
  state.SetItemsProcessed(1'000'000 * static_cast<int64_t>(state.iterations()));
  std::remove(path.c_str());
}
BENCHMARK(ReadReplay)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace weir
