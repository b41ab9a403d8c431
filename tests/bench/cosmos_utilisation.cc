// How much of its provisioned request units a container is made to give: the sessions of one to
// three agents against an emulator of four physical partitions, in this process. Prints a table
// (docs/cosmos-utilisation.md). Arguments: [seconds per row, default 15].
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "backends/cosmos/cosmos_backend.h"
#include "backends/cosmos/emulator/emulator.h"
#include "base/clock.h"
#include "base/epoll_loop.h"
#include "base/random.h"
#include "tests/support/sample_records.h"

namespace weir {
namespace {

constexpr char kKeyVariable[] = "WEIR_BENCH_EMULATOR_KEY";
constexpr uint64_t kDocuments = 2000;
constexpr uint32_t kBatch = 500;
// Little enough that the machine, which sends and answers, is never the limit.
constexpr int kThroughputPerPartition = 2'000;
constexpr int64_t kSettleNs = 4 * kNsPerSecond;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

enum class Keys { kEven, kZipf, kSingle };

struct Row {
  const char* name;
  Keys keys;
  bool bulk;
  v1::CosmosCapacity capacity;
  uint32_t throughput;  // RU/s; four partitions
  int agents;
  int sessions;  // of each agent
  bool control = true;
};

// What one agent counted after the first seconds.
struct Counts {
  std::map<int32_t, PartitionPart> partitions;
};

// One agent: a thread, a loop, a backend of its own, sessions in a closed loop.
class Agent final : public CompletionSink, public TimerHandler {
 public:
  Agent(const v1::CosmosTarget& target, const Row& row, int number, int64_t from_ns, int64_t end_ns)
      : row_(row), draws_(11, static_cast<uint64_t>(number)), from_ns_(from_ns), end_ns_(end_ns) {
    next_insert_ = kDocuments + static_cast<uint64_t>(number) * 100'000'000;
    backend_ = *MakeCosmosBackend(target, records_);
    const absl::Status set_up = backend_->SetUp(false);
    Require(set_up);
    for (uint64_t i = 0; i < kDocuments; ++i) {
      sum_ += std::pow(static_cast<double>(i + 1), -0.99);
      zipf_.push_back(sum_);
    }
  }

  void Run() {
    for (int i = 0; i < row_.sessions; ++i) {
      auto session = backend_->OpenSession(loop_, *this);
      Require(session.status());
      lanes_.push_back({*std::move(session), {}, {}, 0, 0});
    }
    for (Ticket i = 0; i < lanes_.size(); ++i) StartNew(i);
    while (loop_.Now() < end_ns_) {
      loop_.RunOnce(end_ns_);
      SendDue();
    }
    lanes_.clear();
  }

  void Complete(Ticket ticket, const Outcome& outcome) override {
    if (loop_.Now() >= from_ns_ && loop_.Now() < end_ns_) Count(outcome);
    Lane& lane = lanes_[ticket];
    const bool again = outcome.retryable;
    lane.due_ns = loop_.Now() + (again ? outcome.retry_after_ns : 0);
    lane.retry = again;
    due_.push_back(ticket);
    if (again && timer_ == 0) timer_ = loop_.Schedule(loop_.Now() + kNsPerMs, this);
  }
  void Ready(Session*) override {}
  void OnTimer() override { timer_ = 0; }

  const Counts& counts() const { return counts_; }

 private:
  struct Lane {
    std::unique_ptr<Session> session;
    Operation operation;
    AppliedRecords applied;
    int64_t due_ns;
    bool retry;
  };

  void SendDue() {
    std::vector<Ticket> due;
    due.swap(due_);
    for (const Ticket ticket : due) {
      Lane& lane = lanes_[ticket];
      if (lane.due_ns > loop_.Now() || lane.session->Capacity() == 0) {
        due_.push_back(ticket);
      } else if (lane.retry) {
        ++lane.operation.attempt;
        lane.session->Start(lane.operation, ticket);
      } else {
        StartNew(ticket);
      }
    }
    if (!due_.empty() && timer_ == 0) timer_ = loop_.Schedule(loop_.Now() + kNsPerMs, this);
  }

  void StartNew(Ticket ticket) {
    Lane& lane = lanes_[ticket];
    lane.operation = Operation();
    if (row_.bulk) {
      lane.operation.kind = OperationKind::kInsert;
      lane.operation.first_record = next_insert_;
      lane.operation.records = kBatch;
      lane.applied.Reset(kBatch);
      lane.operation.applied = &lane.applied;
      next_insert_ += kBatch;
    } else {
      lane.operation.kind = OperationKind::kUpsert;
      lane.operation.first_record = Pick();
      lane.operation.revision = ++revision_;
    }
    lane.session->Start(lane.operation, ticket);
  }

  uint64_t Pick() {
    if (row_.keys == Keys::kSingle) return 0;
    if (row_.keys == Keys::kEven) return draws_.Below(kDocuments);
    const double at = draws_.Unit() * sum_;
    return static_cast<uint64_t>(std::lower_bound(zipf_.begin(), zipf_.end(), at) - zipf_.begin());
  }

  void Count(const Outcome& outcome) {
    for (const PartitionPart& part : outcome.parts) {
      PartitionPart& sum = counts_.partitions[part.partition];
      sum.requests += part.requests;
      sum.throttled += part.throttled;
      sum.charge += part.charge - part.refused_charge;
    }
  }

  const Row& row_;
  SampleRecords records_;
  DrawStream draws_;
  const int64_t from_ns_;
  const int64_t end_ns_;
  std::vector<double> zipf_;
  double sum_ = 0;
  uint64_t next_insert_;
  uint64_t revision_ = 0;
  EpollLoop loop_;
  TimerId timer_ = 0;
  std::unique_ptr<Backend> backend_;
  std::vector<Lane> lanes_;
  std::vector<Ticket> due_;
  Counts counts_;
};

struct Figures {
  double granted = 0;  // RU/s
  double skew = 1;     // of the busiest partition to the mean
  double throttled = 0;
};

Figures FiguresOf(const std::vector<std::unique_ptr<Agent>>& agents, double seconds) {
  std::map<int32_t, PartitionPart> merged;
  for (const auto& agent : agents) {
    for (const auto& [number, part] : agent->counts().partitions) {
      merged[number].requests += part.requests;
      merged[number].throttled += part.throttled;
      merged[number].charge += part.charge;
    }
  }
  uint64_t requests = 0, throttled = 0;
  double sum = 0, most = 0;
  for (const auto& [number, part] : merged) {
    requests += part.requests;
    throttled += part.throttled;
    sum += static_cast<double>(part.charge) / 1000;
    most = std::max(most, static_cast<double>(part.charge) / 1000);
  }
  constexpr double kPartitions = 4;
  return {sum / seconds, most * kPartitions / std::max(1.0, sum),
          static_cast<double>(throttled) / static_cast<double>(std::max<uint64_t>(1, requests))};
}

v1::CosmosTarget TargetFor(const Row& row, const std::string& endpoint) {
  v1::CosmosTarget target;
  target.set_endpoint(endpoint);
  target.mutable_key()->set_env(kKeyVariable);
  target.set_database("bench");
  target.set_container("items");
  target.set_partition_key("id");
  target.set_throughput(row.throughput);
  target.set_capacity(row.capacity);
  target.set_page_size(100);
  target.set_minimal_response(true);
  target.set_congestion_control(row.control);
  target.mutable_connect_timeout()->set_ns(5 * kNsPerSecond);
  return target;
}

void Measure(const Row& row, int64_t length_ns) {
  cosmos::EmulatorOptions options;
  options.threads = 2;
  options.throughput_per_partition = kThroughputPerPartition;
  auto emulator = cosmos::Emulator::Start(options);
  Require(emulator.status());
  const v1::CosmosTarget target = TargetFor(row, (*emulator)->endpoint());
  const SampleRecords records;
  auto maker = *MakeCosmosBackend(target, records);
  const absl::Status made = maker->SetUp(true);
  Require(made);
  const int64_t begin_ns = MonotonicNs();
  const int64_t from_ns = begin_ns + kSettleNs;
  std::vector<std::unique_ptr<Agent>> agents;
  for (int i = 0; i < row.agents; ++i) {
    agents.push_back(std::make_unique<Agent>(target, row, i, from_ns, from_ns + length_ns));
  }
  std::vector<std::thread> threads;
  for (const auto& agent : agents) threads.emplace_back([&agent] { agent->Run(); });
  for (std::thread& thread : threads) thread.join();
  const Figures figures = FiguresOf(agents, static_cast<double>(length_ns) / 1e9);
  const double provisioned = row.throughput;
  std::printf("| %-26s | %-9s | %6u | %6d | %-3s | %7.0f | %6.1f %% | %6.1f %% | %6.2f %% |\n",
              row.name, row.capacity == v1::COSMOS_CAPACITY_AUTOSCALE ? "autoscale" : "fixed",
              row.throughput, row.agents, row.control ? "on" : "off", figures.granted,
              100 * figures.granted / provisioned, 100 / figures.skew, 100 * figures.throttled);
  std::fflush(stdout);
}

}  // namespace
}  // namespace weir

int main(int argc, char** argv) {
  using namespace weir;
  const int64_t seconds = argc > 1 ? std::atoi(argv[1]) : 15;
  setenv(kKeyVariable, std::string(cosmos::kWellKnownEmulatorKey).c_str(), 1);
  constexpr auto kFixed = v1::COSMOS_CAPACITY_MANUAL;
  constexpr auto kAuto = v1::COSMOS_CAPACITY_AUTOSCALE;
  const Row rows[] = {
      {"bulk, even keys", Keys::kEven, true, kFixed, 8'000, 1, 6},
      {"bulk, even keys", Keys::kEven, true, kFixed, 8'000, 2, 6},
      {"bulk, even keys", Keys::kEven, true, kFixed, 8'000, 3, 6},
      {"bulk, even keys", Keys::kEven, true, kAuto, 31'000, 1, 6},
      {"bulk, even keys", Keys::kEven, true, kFixed, 8'000, 1, 6, false},
      {"point writes, even keys", Keys::kEven, false, kFixed, 8'000, 1, 256},
      {"point writes, even keys", Keys::kEven, false, kFixed, 8'000, 2, 256},
      {"point writes, even keys", Keys::kEven, false, kFixed, 8'000, 3, 256},
      {"point writes, even keys", Keys::kEven, false, kAuto, 31'000, 1, 256},
      {"point writes, even keys", Keys::kEven, false, kFixed, 8'000, 1, 256, false},
      {"point writes, Zipf 0.99", Keys::kZipf, false, kFixed, 8'000, 1, 256},
      {"point writes, Zipf 0.99", Keys::kZipf, false, kAuto, 31'000, 1, 256},
      {"point writes, one hot key", Keys::kSingle, false, kFixed, 8'000, 1, 64},
      {"point writes, one hot key", Keys::kSingle, false, kAuto, 31'000, 1, 64},
  };
  std::printf(
      "| load | capacity | RU/s | agents | congestion control | granted RU/s | utilisation | "
      "possible with these keys | requests throttled |\n"
      "|---|---|---:|---:|---|---:|---:|---:|---:|\n");
  for (const Row& row : rows) Measure(row, seconds * kNsPerSecond);
  return 0;
}
