// Watches the database during the measure phase, on a thread of its own, on one agent of the run.
// Whatever cannot be had becomes a gap of the evidence; nothing here can fail a run.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "backends/api/backend.h"
#include "proto/results.pb.h"

namespace weir {

// The part of a stage that is observed, from its start.
struct ObservedSpan {
  int64_t begin_ns = 0;
  int64_t end_ns = 0;
  int64_t period_ns = 1'000'000'000;  // between samples
};

class ObserverThread {
 public:
  // Connects; blocks.
  ObserverThread(Backend& backend, const ObservedSpan& span);
  ~ObserverThread();  // stops and joins

  // Adds to the gaps, before Start.
  void AddGaps(std::vector<std::string> gaps);

  // `start_ns` is that of the stage, on the monotonic clock. Once.
  void Start(int64_t start_ns);

  // Ends the observing if it still goes on, and waits for the observer's last words.
  v1::Evidence Finish();

 private:
  void Watch();
  // False when it is to end.
  bool SleepUntil(int64_t time_ns);
  int64_t NextSampleNs(int64_t after_ns) const;
  uint32_t SecondOf(int64_t time_ns) const;

  const ObservedSpan span_;
  std::unique_ptr<Observer> observer_;  // null where there is nothing to be seen
  ObservedFacts facts_;
  std::vector<std::string> gaps_;
  int64_t start_ns_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;  // guarded by mutex_
  std::thread thread_;
};

v1::Evidence ToEvidence(const ObservedFacts& facts);

}  // namespace weir
