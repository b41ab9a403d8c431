// Watching a database while it is driven: what its sessions wait for, what its own counters say,
// and what it does by itself meanwhile. Made by Backend::Observe and used by one thread, which is
// no worker's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir {

// "pg_stat_wal", "wal_bytes", 4711, "bytes".
struct ObservedCount {
  std::string group;
  std::string name;
  double value = 0;
  std::string unit;  // empty for a count
};

// Something that the database did by itself.
struct ObservedEvent {
  uint32_t second = 0;  // as given to Sample
  std::string what;     // "checkpoint (timed)"
};

struct ObservedFacts {
  std::vector<ObservedCount> waits;     // samples of busy sessions, by what they waited for
  uint64_t wait_samples = 0;            // of busy sessions in all
  std::vector<ObservedCount> counters;  // increase of the server's counters from Begin to Conclude
  std::vector<ObservedEvent> events;
  std::vector<std::string> gaps;  // what could not be had, and why
};

// On a connection of its own. No call fails: what cannot be had is a gap. None blocks for longer
// than two seconds, so that a database that hangs does not hold up the end of a run.
class Observer {
 public:
  virtual ~Observer() = default;

  // The beginning of what is observed. Events are stated with the second given.
  virtual void Begin(uint32_t second) = 0;
  // About once a second.
  virtual void Sample(uint32_t second) = 0;
  // The end; the last call.
  virtual ObservedFacts Conclude() = 0;
};

// Where a server is to be found by who wants to see its processes.
struct ServerLocation {
  std::string host;  // as the target names it; empty when there is no server
  uint16_t port = 0;
  int64_t process = 0;  // its main process, where it is known and on this machine
};

}  // namespace weir
