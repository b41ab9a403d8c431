// What the PostgreSQL client does for an operation besides the kernel's part: records made and
// encoded for COPY and for statements, answers read, rows read back.
#include <benchmark/benchmark.h>

#include <string>

#include "backends/postgres/answer.h"
#include "backends/postgres/copy_binary.h"
#include "backends/postgres/message_writer.h"
#include "backends/postgres/server_message.h"
#include "generators/dataset.h"
#include "tests/bench/sample_logs.h"

namespace weir {
namespace {

constexpr size_t kPieceBytes = 65'536;

void BM_AppendCopyTuple(benchmark::State& state) {
  const std::unique_ptr<Dataset> logs = MakeSampleLogs(1'000'000);
  Record record;
  logs->Make(4711, 0, &record);
  std::string out;
  for (auto _ : state) {
    if (out.size() > kPieceBytes) out.clear();
    AppendCopyTuple(logs->schema(), record, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AppendCopyTuple);

// The goal is 5 million rows per second and core.
void BM_MakeAndCopyRecord(benchmark::State& state) {
  const std::unique_ptr<Dataset> logs = MakeSampleLogs(1'000'000);
  Record record;
  std::string out;
  uint64_t index = 0;
  uint64_t bytes = 0;
  for (auto _ : state) {
    if (out.size() > kPieceBytes) {
      bytes += out.size();
      out.clear();
    }
    logs->Make(index++ % 1'000'000, 0, &record);
    AppendCopyTuple(logs->schema(), record, &out);
    benchmark::DoNotOptimize(out.data());
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<int64_t>(bytes + out.size()));
}
BENCHMARK(BM_MakeAndCopyRecord);

void BM_DecodeCopyTuple(benchmark::State& state) {
  const std::unique_ptr<Dataset> logs = MakeSampleLogs(1'000'000);
  Record record;
  logs->Make(4711, 0, &record);
  std::string message;
  AppendCopyTuple(logs->schema(), record, &message);
  for (auto _ : state) {
    const absl::Status status = DecodeCopyMessage(
        logs->schema(), message, [](const Record& each) { benchmark::DoNotOptimize(&each); });
    benchmark::DoNotOptimize(status.ok());
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_DecodeCopyTuple);

void BM_WriteSelect(benchmark::State& state) {
  std::string out;
  MessageWriter writer(&out);
  for (auto _ : state) {
    out.clear();
    writer.BeginBind("weir_3", 1);
    writer.AddValue(FieldType::kText, Value::Text("000000000000fb47"));
    writer.EndBind();
    writer.Execute();
    writer.Sync();
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(BM_WriteSelect);

// BindComplete, one row of a log record, CommandComplete, ReadyForQuery.
std::string AnswerToASelect() {
  const std::unique_ptr<Dataset> logs = MakeSampleLogs(1'000'000);
  Record record;
  logs->Make(4711, 0, &record);
  std::string row;
  AppendCopyTuple(logs->schema(), record, &row);
  const auto length = static_cast<uint32_t>(row.size() + 4);
  std::string answer(
      "2\0\0\0\x04"
      "D",
      6);
  for (int shift = 24; shift >= 0; shift -= 8) answer.push_back(static_cast<char>(length >> shift));
  answer += row;
  answer.append("C\0\0\0\x0dSELECT 1\0Z\0\0\0\x05I", 20);
  return answer;
}

void BM_ReadSelectsAnswer(benchmark::State& state) {
  const std::string bytes = AnswerToASelect();
  Answer answer;
  for (auto _ : state) {
    std::string_view rest = bytes;
    ServerMessage message;
    while (TakeMessage(&rest, &message) == Taken::kMessage) answer.Add(message);
    benchmark::DoNotOptimize(answer.Finish({}));
    answer.Reset();
  }
}
BENCHMARK(BM_ReadSelectsAnswer);

}  // namespace
}  // namespace weir
