// Stands for the workers of one stage on one agent: takes its share of the plan by index, issues,
// times out, gives up and books by second and age as agent/worker does, against a database that
// answers after a random time. Runs on the worker's lane of its process. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>

#include "simulation/dice.h"
#include "simulation/event_heap.h"
#include "simulation/process.h"
#include "simulation/sim_clock.h"
#include "simulation/stage_books.h"

#include "agent/stage_budget.h"
#include "proto/control.pb.h"

namespace weir {

// How the database behaves in this world.
struct DatabaseMood {
  int64_t fastest_ns = 100'000;
  int64_t slowest_ns = 20'000'000;
  double silence = 0;  // never answers
  double refusal = 0;  // says no
  double throttle = 0;
};

class SimulatedStage {
 public:
  struct Surroundings {
    EventHeap& heap;
    SimProcess& workers;
    const SimClock& clock;
    Dice& dice;
    const DatabaseMood& mood;
    // Every operation that reaches the database.
    std::function<void(const StageBooks& books, uint64_t index)> issued;
  };
  struct Listener {
    std::function<void(v1::Interval)> on_interval;
    std::function<void(v1::StageDone)> on_done;
  };

  SimulatedStage(const Surroundings& surroundings, const v1::Prepare& prepare, uint32_t node);

  // What agent/share_plan and agent/stage put into the answer.
  void Describe(v1::Prepared* prepared) const;

  void Start(int64_t start_ns, Listener listener);
  void Stop();  // on_done follows within the grace
  // No operation starts at or after it; the stage then ends as if it had been stopped.
  void ExtendLease(int64_t until_ns) { lease_until_ns_ = until_ns; }

  const std::shared_ptr<StageBooks>& books() const { return books_; }

 private:
  struct Due {
    uint64_t index;
    int64_t intended_ns;
  };
  struct Flight {
    Due due;
    int64_t sent_ns;
  };
  struct CellKey {
    uint32_t age;
    PhaseOperation operation;
    auto operator<=>(const CellKey&) const = default;
  };

  int64_t Now() const { return surroundings_.clock.Read(surroundings_.heap.now_ns()); }
  uint64_t IndexOf(uint64_t turn) const { return share_ + turn * shares_; }
  int64_t OffsetOf(uint64_t index) const;
  v1::Phase PhaseOf(int64_t intended_ns) const;
  uint32_t SecondOf(int64_t intended_ns) const;
  CellBook& Cell(const Due& due);

  void Wake(int64_t at_ns);
  void Pass();
  void BeginTurns(int64_t now_ns);
  void Notice(int64_t now_ns);
  void NoticeUntil(int64_t last_ns);
  void TurnPage();
  void KeepToBudget(const v1::Interval& second);
  void TimeOutOverdue(int64_t now_ns);
  void GiveUpOverdue(int64_t now_ns);
  void Dispatch(int64_t now_ns);
  void Issue(const Due& due, int64_t now_ns);
  void Answer(uint64_t ticket);
  void Settle(uint64_t ticket, const char* verdict, int64_t now_ns);
  void CountUnsent(const Due& due);
  void WindDown(int64_t now_ns);
  void Conclude(int64_t now_ns);
  int64_t NextWakeNs() const;
  bool Finished() const;

  Surroundings surroundings_;
  const v1::Task task_;
  const bool load_;
  const uint64_t share_;
  const uint64_t shares_;
  uint64_t operations_ = 0;  // of the whole plan
  int64_t gap_ns_ = 0;
  int64_t warm_up_ns_ = 0;
  int64_t timeout_ns_ = 0;
  uint32_t types_ = 1;
  size_t sessions_ = 1;

  Listener listener_;
  int64_t start_ns_ = 0;
  int64_t lease_until_ns_ = 0;
  bool stop_ = false;
  int64_t grace_ends_ns_ = 0;  // not 0: winding down
  bool over_ = false;
  uint64_t turn_ = 0;      // the next of our share
  size_t free_turns_ = 0;  // load: turns that may be taken
  std::deque<Due> due_;
  uint64_t ticket_ = 0;
  std::map<uint64_t, Flight> in_flight_;  // by ticket: in the order of sending
  uint32_t page_second_ = 0;
  std::map<CellKey, CellBook> page_;
  int64_t last_completion_ns_ = 0;
  int64_t first_turn_ns_ = 0;
  StageBudgetWatch budget_;
  std::string budget_reached_;
  std::shared_ptr<StageBooks> books_ = std::make_shared<StageBooks>();
};

}  // namespace weir
