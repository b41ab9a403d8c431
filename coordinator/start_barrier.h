// The start of a stage in two phases (R39): Arm names the start to every agent, on its own clock;
// Go follows when all have answered. An armed agent without Go does not start, so that either all
// start or nobody has issued anything. Owned by StageRun; one thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "coordinator/roster.h"
#include "coordinator/run_program.h"

namespace weir {

// From the order to start to the start. `worst_round_trip_ns`: the longest that any agent has had,
// which tells how far away they are or how busy this machine is.
int64_t StartLeadNs(bool local_agents, int64_t worst_round_trip_ns);

class StartBarrier {
 public:
  enum class Next : uint8_t {
    kWait,
    kGo,    // all are armed: call Go
    kFail,  // twice not all were armed in time; nobody starts
  };

  StartBarrier(const Step& step, uint32_t number, Roster& roster)
      : step_(step), number_(number), roster_(roster) {}

  void Arm(int64_t lead_ns, int64_t now_ns);
  void OnArmed(uint32_t agent, const v1::Armed& armed);

  // What is to be done now. Arms once more by itself, with a later start; repeats what was not
  // answered.
  Next OnTick(int64_t now_ns);

  void Go(int64_t now_ns);
  void Disarm();

  bool gone() const { return gone_; }
  uint32_t attempt() const { return attempt_; }
  int64_t start_ns() const { return start_ns_; }  // our clock
  std::string Missing() const;                    // who is not armed, by name

 private:
  void SendArm(uint32_t agent);
  void SendGo(int64_t now_ns);

  const Step& step_;
  const uint32_t number_;
  Roster& roster_;
  std::set<uint32_t> unarmed_;
  uint32_t attempt_ = 0;
  int64_t lead_ns_ = 0;
  int64_t start_ns_ = 0;
  int64_t sent_ns_ = 0;  // the latest Arm or Go
  bool gone_ = false;
};

}  // namespace weir
