// Whether what an agent says can be from an agent (R56): one that is broken, or somebody else, must
// neither crash the coordinator nor fill its memory. Names, sizes, indices and amounts are bounded
// here; what adds up is the ledger's business (coordinator/ledger.h). Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "coordinator/report_view.h"
#include "measure/message_rules.h"  // IsName
#include "proto/control.pb.h"

namespace weir {

// Before what an agent is lost for.
inline constexpr char kUnsound[] = "it sent what no agent sends: ";

// Each is kInvalidArgument with what is wrong, for a person to read; nothing that is quoted is
// long.
absl::Status CheckHello(const v1::Hello& hello);
absl::Status CheckPong(const v1::Pong& pong);
absl::Status CheckPrepared(const v1::Prepared& prepared, const v1::Scenario& scenario);

struct ReportBounds {
  uint32_t operations = 0;   // of the leg
  uint32_t last_second = 0;  // that can have passed, by any clock
};
absl::Status CheckReport(const ReportView& report, const ReportBounds& bounds);
absl::Status CheckStageDone(const v1::StageDone& done, const ReportBounds& bounds);

// A message before it is looked at any further: what does not depend on the run.
absl::Status CheckMessage(const v1::AgentMessage& message);

}  // namespace weir
