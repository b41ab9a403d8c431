// One run of one campaign, from start to merged result: brings RunControl together with gRPC, the
// clock, local agent processes, the results store and the progress display. Blocks; call it on the
// main thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

#include "proto/results.pb.h"
#include "reports/results_store.h"

namespace weir {

struct CampaignRunOptions {
  int agents = 3;
  std::string listen;      // HOST:PORT; empty: local agents on a loopback port of their own
  bool quiet = false;      // no progress
  std::string store_path;  // the results store's; the journal of the run lies beside it
  int64_t max_start_skew_ns = 10'000'000;
  bool override_gates = false;
  bool tolerate_agent_loss = false;
  std::vector<v1::Condition> conditions;  // of the whole run: what was built, which campaign
};

struct CampaignRunEnd {
  v1::RunResult result;
  bool target_unreachable = false;
  bool interrupted = false;
};

// `campaign` is effective, `text` the file it came from. An error means that the run did not begin
// (the port is taken, the store cannot be written, agents cannot be started).
absl::StatusOr<CampaignRunEnd> RunCampaign(const v1::Campaign& campaign, const std::string& text,
                                           const CampaignRunOptions& options, ResultsStore& store);

}  // namespace weir
