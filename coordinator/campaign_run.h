// One run of one campaign, from start to merged result: brings RunControl together with gRPC, the
// clock, local agent processes, the results store and the progress display. Blocks; call it on the
// main thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "control/control_security.h"
#include "control/lease.h"

#include "coordinator/live/dashboard.h"
#include "proto/results.pb.h"
#include "reports/cost_terms.h"
#include "reports/results_store.h"

namespace weir {

struct CampaignRunOptions {
  int agents = 3;  // 0: as many as join

  std::string run_id;  // empty: made from the time and the campaign's name
  // Where agents dial in; none: local agents on a loopback port of their own, with a token of
  // their own.
  std::optional<ControlAddress> listen;
  std::vector<ControlAddress> dial;      // agents that wait to be dialled; instead of `listen`
  ControlSecurity security;              // with either
  std::optional<ControlAddress> health;  // where gRPC's health service says that we are there
  int64_t join_timeout_ns = 120'000'000'000;
  int64_t join_window_ns = 10'000'000'000;  // of a number of agents that was left open
  int64_t lease_ns = kDefaultLeaseNs;
  bool quiet = false;      // no progress
  std::string store_path;  // the results store's; the journal of the run lies beside it
  int64_t max_start_skew_ns = 10'000'000;
  bool override_gates = false;
  uint32_t min_agents =
      0;  // that may be left after losses for a drive to go on; 0: any loss ends it
  std::vector<RuWorth> running_costs;     // by target, for a budget of money
  std::set<std::string> droppable;        // targets whose records the user has confirmed to go
  Dashboard* dashboard = nullptr;         // where the run is shown while it goes; outlives it
  double json_bytes_per_record = 0;       // mean of a sample, for what the wire saves; 0: not known
  std::vector<v1::Condition> conditions;  // of the whole run: what was built, which campaign
};

struct CampaignRunEnd {
  v1::RunResult result;
  bool target_unreachable = false;
  bool interrupted = false;
  bool agents_missing = false;  // not all joined in time
  bool agent_lost = false;      // and the run ended for it
};

// `campaign` is effective, `text` the file it came from. An error means that the run did not begin
// (the port is taken, the store cannot be written, agents cannot be started).
absl::StatusOr<CampaignRunEnd> RunCampaign(const v1::Campaign& campaign, const std::string& text,
                                           const CampaignRunOptions& options, ResultsStore& store);

}  // namespace weir
