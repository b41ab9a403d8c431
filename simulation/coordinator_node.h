// The machine with the coordinator on it: RunControl and RelayedStreams as in production, with a
// simulated clock, disk and network behind its port. One thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "simulation/event_heap.h"
#include "simulation/network.h"
#include "simulation/oracle.h"
#include "simulation/process.h"
#include "simulation/sim_clock.h"
#include "simulation/sim_disk.h"
#include "simulation/trace.h"

#include "base/record_log.h"
#include "coordinator/journal.h"
#include "coordinator/relayed_streams.h"
#include "coordinator/run_control.h"
#include "coordinator/run_evidence.h"

namespace weir {

class CoordinatorNode final : public RunPort {
 public:
  CoordinatorNode(const RunControlSettings& settings, const v1::RunResult& run, EventHeap& heap,
                  Network& network, Trace& trace, Oracle& oracle, const SimClock& clock,
                  uint64_t seed);

  void Boot();
  void Crash(bool machine);
  void CrashAfterAcknowledgement(int number) { acknowledgements_left_ = number; }
  void Pause(int64_t length_ns) { lane_.Pause(length_ns); }
  void Resume() { lane_.Resume(); }
  void Interrupt();
  void StepClock(int64_t by_ns) { clock_.Step(by_ns); }

  void Opened(StreamId stream);
  void Arrived(StreamId stream, std::shared_ptr<const v1::AgentMessage> message);
  void Broken(StreamId stream);
  void AgentEnded(const std::string& name);  // a process that it started itself

  bool running() const { return control_ != nullptr; }
  bool over() const { return over_; }  // the run has ended and said what came of it
  const v1::RunResult& result() const { return result_; }
  const SimClock& clock() const { return clock_; }
  SimDisk& disk() { return disk_; }

  // What is left of a run whose process has died.
  struct Remains {
    v1::RunResult run;  // as the store has it
    RunEvidence evidence;
    bool recoverable = false;
  };
  Remains remains();
  // Seconds that the store has, of a leg, in order of stage and second.
  absl::Status ReadStored(
      uint32_t leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) const;

  // RunPort.
  void Send(ConnectionId connection, const v1::CoordinatorMessage& message) override;
  void RunChanged(const v1::RunResult& run) override;
  void StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned_operations) override;
  absl::Status SecondMerged(const v1::Leg& leg, v1::Phase stage,
                            const MergedSecond& second) override;
  absl::Status ReadBack(
      const v1::Leg& leg,
      absl::FunctionRef<absl::Status(v1::Phase stage, const v1::Interval&)> visit) override;
  absl::Status Keep(const v1::JournalRecord& record) override;
  void Say(const std::string& line) override;
  void Finished() override;

 private:
  int64_t Now() const { return clock_.Read(heap_.now_ns()); }
  void Post(EventHeap::Action action);
  void Tick();
  void Flush();
  void OnAgentMessage(ConnectionId connection, std::string_view message, int64_t now_ns);
  void End();
  void CheckWhatIsLeft();
  std::unique_ptr<RecordLog> OpenLog(const std::string& path);

  const RunControlSettings settings_;
  const v1::RunResult run_;  // as it is at the beginning
  EventHeap& heap_;
  Network& network_;
  Trace& trace_;
  Oracle& oracle_;
  SimClock clock_;
  SimDisk disk_;
  SimProcess lane_;
  std::map<ConnectionId, uint32_t> node_of_;  // as agents have said on their streams
  RelayedStreams relayed_;
  int64_t arrived_true_ns_ = 0;  // the message in hand
  std::unique_ptr<RecordLog> store_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<RunControl> control_;  // null: no process
  struct StoredSecond {
    uint32_t leg;
    v1::Phase stage;
    v1::Interval interval;
  };
  std::vector<StoredSecond> stored_;  // what the store gives back
  v1::RunResult result_;
  v1::RunResult saved_;            // as the store has the run
  int acknowledgements_left_ = 0;  // until it crashes; 0: it does not
  bool over_ = false;
};

}  // namespace weir
