// A run as it can be watched: told what RunControl's port is told, it keeps the figures of now and
// makes one LivePoint of every second. No I/O, no clock; one thread. What it keeps grows with the
// legs, agents and operations of the campaign, not with its length.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "coordinator/gate_watch.h"
#include "coordinator/live/live_point.h"
#include "coordinator/live/live_progress.h"
#include "coordinator/live/live_window.h"
#include "coordinator/stage_merge.h"
#include "measure/tally.h"
#include "proto/control.pb.h"
#include "proto/results.pb.h"

namespace weir {

inline constexpr uint32_t kLiveWindowSeconds = 10;

struct LiveLeg {
  std::string scenario;
  std::string target;
  uint32_t round = 0;      // of a comparison; 0: none
  double probe_per_s = 0;  // rate of a probe for capacity; 0: none
  bool begun = false;
  bool loaded = false;
  bool over = false;
  v1::Validity validity = v1::VALIDITY_UNKNOWN;
  std::string failure;  // why it did not run to its end
};

// All rounds of a scenario on a target together.
struct LiveSeries {
  std::string scenario;
  std::string target;
  v1::Phase phase;
  std::string operation;  // "load" while loading
  auto operator<=>(const LiveSeries&) const = default;
};

// Everything of one agent so far.
struct LiveAgentTotal {
  std::string name;
  v1::Tally counts;
  v1::ResourceSample resources;  // sums; resident_bytes is the latest
};

class LiveRun {
 public:
  // `json_bytes_per_record`: mean of a sample of the campaign's records; 0 when it is not known.
  explicit LiveRun(double json_bytes_per_record = 0)
      : json_bytes_per_record_(json_bytes_per_record), window_(kLiveWindowSeconds) {}

  // As RunPort is told; `now_ns` counts from the run's begin.
  void RunChanged(const v1::RunResult& run);
  void StepBegins(uint32_t leg, v1::Task task);
  void StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned);
  const LivePoint& Second(const v1::Leg& leg, const MergedSecond& second, int64_t now_ns);
  void ThroughputChanged(uint64_t ru) { provisioned_ru_ = ru; }

  // What is known of the run. Of its legs only what the schema calls verdict, with names.
  const std::string& id() const { return id_; }
  const v1::Campaign& campaign() const { return campaign_; }
  const std::string& version() const { return version_; }
  int64_t started_unix_ns() const { return started_unix_ns_; }
  v1::RunState state() const { return state_; }
  v1::Validity validity() const { return validity_; }
  const std::vector<std::string>& reasons() const { return reasons_; }
  const std::vector<LiveLeg>& legs() const { return legs_; }
  const std::map<uint32_t, LiveAgentTotal>& agents() const { return agents_; }
  double json_bytes_per_record() const { return json_bytes_per_record_; }

  // Of now.
  std::string Activity() const;  // "driving mixed on cosmos"; empty before the first step
  uint32_t leg() const { return leg_; }
  const LiveProgress& progress() const { return progress_; }
  TimeLeft RunLeft() const;
  const LivePoint& point() const { return point_; }  // the latest second
  LiveResponse Recent() const;                       // of the last ten seconds
  // Gates as they stand, over what counts so far; judged every few seconds. Those that need the end
  // of a stage (start skew, agreement between agents, lost reports) are not among them.
  const std::vector<v1::GateResult>& gates() const { return gates_; }
  bool gates_count() const;  // the phase that they judge has begun

  // Of the phase that goes on, by operation; and of the whole run.
  const std::map<uint32_t, std::unique_ptr<Tally>>& operations() const { return operations_; }
  const std::map<LiveSeries, std::unique_ptr<Tally>>& series() const { return series_; }
  const v1::Tally& counts() const { return counts_; }  // of the whole run
  v1::Phase phase() const { return phase_; }  // that goes on; unspecified before its first second
  std::string OperationName(uint32_t operation) const;
  uint64_t record_wire_bytes() const { return record_wire_bytes_; }
  uint64_t record_json_bytes() const { return record_json_bytes_; }

 private:
  void AddTallies(const v1::Leg& leg, const MergedSecond& second);
  void AddAgents(const MergedSecond& second);
  bool CarriesWholeRecords(uint32_t operation) const;
  LiveResponse ResponseOver(uint32_t seconds) const;
  void JudgeGates(uint32_t second);

  const double json_bytes_per_record_;
  std::string id_;
  v1::Campaign campaign_;
  std::string version_;
  int64_t started_unix_ns_ = 0;
  v1::RunState state_ = v1::RUN_STATE_RUNNING;
  v1::Validity validity_ = v1::VALIDITY_UNKNOWN;
  std::vector<std::string> reasons_;
  std::vector<LiveLeg> legs_;
  std::vector<v1::AgentFacts> facts_;  // without their conditions' history: as they dialled in
  std::map<uint32_t, LiveAgentTotal> agents_;

  uint32_t leg_ = 0;
  v1::Task task_ = v1::TASK_UNSPECIFIED;
  v1::Leg stage_leg_;  // names and operations only
  LiveProgress progress_;
  std::optional<int64_t> stage_zero_ns_;
  LiveWindow window_;
  Histogram second_response_;
  LivePoint point_;
  uint64_t provisioned_ru_ = 0;
  v1::Phase phase_ = v1::PHASE_UNSPECIFIED;
  v1::Tally counts_;
  std::map<uint32_t, std::unique_ptr<Tally>> operations_;
  std::map<LiveSeries, std::unique_ptr<Tally>> series_;
  uint64_t record_wire_bytes_ = 0;
  uint64_t record_json_bytes_ = 0;
  std::optional<GateWatch> watch_;
  std::vector<v1::GateResult> gates_;
};

}  // namespace weir
