// What a worker counts, one page per second. The worker fills a page; at the end of the second it
// hands it over and goes on with an empty one, so that encoding and sending never run on the
// worker's thread.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "backends/api/operation.h"
#include "measure/tally.h"
#include "proto/results.pb.h"

namespace weir {

// The phases and operation types of a stage: one tally for each pair.
struct TallyShape {
  std::vector<v1::Phase> phases;
  uint32_t types = 0;

  size_t cells() const { return phases.size() * types; }
  size_t Cell(size_t phase_position, uint32_t type) const { return phase_position * types + type; }
  v1::Phase PhaseOf(size_t cell) const { return phases[cell / types]; }
  uint32_t TypeOf(size_t cell) const { return static_cast<uint32_t>(cell % types); }
};

// A database may answer in any encoding; a message holds UTF-8 only. Where an answer is not UTF-8,
// its bytes above ASCII become question marks.
std::string AsUtf8(const std::string& text);

// An operation that failed for good (R51).
struct Undelivered {
  uint64_t index;  // in the plan
  uint32_t type;
  uint32_t attempts;
  Verdict verdict;
  bool writes;
  std::string detail;
};

// One second of one worker: what happened in it, apart for each second in which the operation was
// intended, so that every planned operation can be accounted for in its own second (R42). `age` is
// the number of seconds between the two: 0 for most, up to the timeout and retries for some.
class Page {
 public:
  explicit Page(size_t cells = 0) : cells_(cells) {}

  uint32_t second = 0;

  // Operations settled in this second, by their index in the plan; see v1.WriteLedger.
  std::vector<uint64_t> acknowledged;
  std::vector<uint64_t> unknown;
  std::vector<Undelivered> undelivered;

  Tally& At(uint32_t age, size_t cell) {
    if (age >= ages_.size() || ages_[age][cell] == nullptr) [[unlikely]]
      Provide(age, cell);
    return *ages_[age][cell];
  }

  // What each physical partition had of an attempt; nothing where that is not known.
  void CountPartition(const Outcome& outcome);

  void Add(const Page& other);
  void Clear();

  // Calls visit(age, cell, tally) for each that holds something.
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (uint32_t age = 0; age < ages_.size(); ++age) {
      for (size_t cell = 0; cell < cells_; ++cell) {
        const Tally* tally = ages_[age][cell].get();
        // Histograms hold what counts hold.
        if (tally != nullptr && tally->counts().ByteSizeLong() > 0) visit(age, cell, *tally);
      }
    }
  }
  const std::vector<v1::PartitionUse>& partitions() const { return partitions_; }  // by number

 private:
  using Cells = std::vector<std::unique_ptr<Tally>>;  // see TallyShape::Cell; null: nothing yet

  void Provide(uint32_t age, size_t cell);
  void CountPart(const PartitionPart& part);

  size_t cells_;
  std::vector<Cells> ages_;
  std::vector<v1::PartitionUse> partitions_;
};

// The first few distinct answers of a database that said no, with their number. Details beyond
// kMostDistinct of one operation and verdict are counted together. Not thread-safe.
class ErrorLog {
 public:
  static constexpr size_t kMostDistinct = 5;

  void Add(v1::Phase phase, uint32_t type, Verdict verdict, std::string_view detail);
  void Add(const ErrorLog& other);
  std::vector<v1::ErrorSample> ToProto(const std::vector<std::string>& type_names) const;

 private:
  struct Key {
    v1::Phase phase;
    uint32_t type;
    Verdict verdict;
    auto operator<=>(const Key&) const = default;
  };
  std::map<Key, std::map<std::string, uint64_t, std::less<>>> details_;
};

// Brings the pages of all workers together. Workers call Turn and Finish from their threads, one
// reader calls Next.
class PageCollector {
 public:
  PageCollector(TallyShape shape, uint32_t workers);

  // Takes a full page (null at the start) and gives an empty one for `second`.
  std::unique_ptr<Page> Turn(std::unique_ptr<Page> full, uint32_t second);
  void Finish(std::unique_ptr<Page> last);

  Page MakePage() const { return Page(shape_.cells()); }

  // Waits for the next second that every worker has handed in (or finished before) and adds it up
  // into a page of MakePage. False when there is none left.
  bool Next(Page* merged);
  bool Ready();  // Next would not wait

 private:
  struct Second {
    uint32_t pages = 0;
    std::vector<std::unique_ptr<Page>> handed_in;
  };

  uint32_t Expected(uint32_t second) const;
  bool Complete(uint32_t second) const;

  const TallyShape shape_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint32_t workers_left_;
  std::vector<uint32_t> finished_after_;  // the last second of each worker that has finished
  uint32_t next_second_ = 0;
  std::map<uint32_t, Second> seconds_;
  std::vector<std::unique_ptr<Page>> empty_;
};

}  // namespace weir
