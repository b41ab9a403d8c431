// What a run asks of the world around it. Implemented by the program (coordinator/campaign_run.cc)
// and by simulations. Called on the thread of RunControl, never during another call to it.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"

#include "coordinator/kept_seconds.h"
#include "coordinator/stage_merge.h"
#include "proto/control.pb.h"
#include "proto/journal.pb.h"
#include "proto/results.pb.h"

namespace weir {

// One stream from one agent; never used again. A later stream has a greater number, but where
// relays are between: see v1.Hello.dial.
using ConnectionId = uint64_t;

class RunPort : public KeptSeconds {
 public:
  // May be lost, with the connection or on the way. Nothing comes back from inside.
  virtual void Send(ConnectionId connection, const v1::CoordinatorMessage& message) = 0;
  virtual void RunChanged(const v1::RunResult& run) = 0;  // worth saving
  virtual void StageBegins(const v1::Leg& leg, v1::Phase stage, uint64_t planned_operations) = 0;
  // When it returns OK the second survives a crash: its reports are acknowledged after it.
  virtual absl::Status SecondMerged(const v1::Leg& leg, v1::Phase stage,
                                    const MergedSecond& second) = 0;
  // The throughput that the target of the leg has been given, RU/s, changed while it is driven.
  virtual void ThroughputChanged(const v1::Leg&, uint64_t) {}
  // When it returns OK the record survives a crash. What it says is done after it, never before.
  virtual absl::Status Keep(const v1::JournalRecord& record) = 0;
  virtual void Say(const std::string& line) = 0;  // one line for the user
  virtual void Finished() = 0;                    // the run is over; result() is final
};

}  // namespace weir
