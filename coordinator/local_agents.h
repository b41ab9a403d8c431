// Agent processes on this machine, started and ended by the coordinator. They end with it in any
// case. Used from one thread, the one that lives as long as the process (agents die with their
// parent thread).
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "control/join_token.h"

namespace weir {

class LocalAgents {
 public:
  LocalAgents() = default;
  ~LocalAgents();  // terminates what still runs, then kills it
  LocalAgents(const LocalAgents&) = delete;
  LocalAgents& operator=(const LocalAgents&) = delete;

  // Starts `count` weir-agent programs, found beside this program; their dead letters go into that
  // folder. The token goes to them by their environment.
  absl::Status Start(int count, const std::string& coordinator, const JoinToken& token,
                     const std::string& dead_letters);

  struct End {
    std::string name;
    std::string how;  // "was killed by signal 9 (Killed)"
  };
  // An agent that has ended since the last call; none when all run.
  std::optional<End> Ended();

 private:
  struct Child {
    pid_t pid;
    std::string name;
    bool running = true;
  };

  bool AllEndedWithin(int milliseconds);
  void Signal(int signal);

  std::vector<Child> children_;
};

}  // namespace weir
