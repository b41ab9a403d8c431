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

// One second of one worker.
struct Page {
  uint32_t second = 0;
  std::vector<Tally> cells;  // see TallyShape::Cell
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

  // Waits for the next second that every worker has handed in (or finished before) and adds it up.
  // False when there is none left.
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
