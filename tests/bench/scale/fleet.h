// What many agents say, made up: the same reports every second, of ten operations each with
// histograms of realistic size, and consistent to the last count, so that the coordinator takes all
// of it for true. Cheap, so that what is measured is the coordinator. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "proto/control.pb.h"

namespace weir {

struct FleetLoad {
  uint32_t seconds = 10;      // of each stage
  uint32_t operations = 10;   // kinds of them
  uint32_t per_second = 100;  // of each kind and agent
};

class Fleet {
 public:
  explicit Fleet(const FleetLoad& load);

  static v1::AgentMessage Hello(uint32_t agent);

  // What an agent answers at once; nothing where nothing is to be said.
  std::optional<v1::AgentMessage> Answer(const v1::CoordinatorMessage& message,
                                         int64_t now_ns) const;

  // Of an armed stage: an AgentMessage on the wire, second = 0, 1, …
  std::string Report(uint32_t agent, const v1::Arm& arm, uint32_t second) const;
  v1::AgentMessage Done(uint32_t agent, const v1::Arm& arm) const;

  const FleetLoad& load() const { return load_; }

 private:
  static constexpr size_t kVariants = 16;  // agents do not all measure the same

  // One agent's second.
  struct Variant {
    std::string interval;  // a v1.Interval on the wire, but for its second
    std::vector<v1::PhaseResult> totals;
  };

  Variant MakeVariant(uint64_t seed) const;

  const FleetLoad load_;
  std::vector<Variant> variants_;
};

}  // namespace weir
