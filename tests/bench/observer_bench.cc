// What watching a PostgreSQL costs: one sample of the observer, as the agent sees it and in CPU of
// the server; and one look at the server's processes.
#include <benchmark/benchmark.h>

#include <memory>
#include <vector>

#include "agent/database_processes.h"
#include "backends/postgres/postgres_backend.h"
#include "base/check.h"
#include "tests/support/sample_records.h"
#include "tests/support/session_driver.h"
#include "tests/support/throwaway_postgres.h"

namespace weir {
namespace {

// A server with this many open sessions.
class Watched {
 public:
  explicit Watched(int64_t sessions) {
    v1::PostgresTarget target;
    target.set_host("127.0.0.1");
    target.set_port(static_cast<uint32_t>(server_.port()));
    target.set_user("postgres");
    target.set_database("postgres");
    target.set_table("weir_records");
    backend_ = *MakePostgresBackend(target, records_);
    WEIR_CHECK(backend_->SetUp(true).ok());
    for (int64_t i = 0; i < sessions; ++i) {
      sessions_.push_back(*backend_->OpenSession(driver_.loop(), driver_));
    }
  }
  Backend& backend() { return *backend_; }

 private:
  const SampleRecords records_;
  ThrowawayPostgres server_;
  SessionDriver driver_;
  std::unique_ptr<Backend> backend_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

void ObserverSample(benchmark::State& state) {
  Watched watched(state.range(0));
  const auto observer = *watched.backend().Observe();
  DatabaseProcesses processes(watched.backend().Location());
  observer->Begin(0);
  processes.Begin();
  for (auto _ : state) observer->Sample(0);
  const auto used = processes.Sample();
  state.counters["server_cpu_us"] =
      static_cast<double>(used->cpu_ns()) / 1000 / static_cast<double>(state.iterations());
  state.counters["gaps"] = static_cast<double>(observer->Conclude().gaps.size());
}
BENCHMARK(ObserverSample)->Arg(4)->Arg(40)->Unit(benchmark::kMicrosecond);

void ProcessesSample(benchmark::State& state) {
  Watched watched(state.range(0));
  DatabaseProcesses processes(watched.backend().Location());
  for (auto _ : state) benchmark::DoNotOptimize(processes.Sample());
}
BENCHMARK(ProcessesSample)->Arg(4)->Arg(40)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace weir
