// The folder in which a durable emulator keeps its data: journals of records that are only ever
// appended to, and snapshots that make old journals superfluous. Any thread.
//
//   lock                held as long as the emulator runs: a folder has one owner
//   journal-00000003    the records since the snapshot of this number, in groups with checksums
//   snapshot-00000003   everything before the journal of this number
//
// One thread writes: it takes all records that have come in meanwhile, appends them as one group
// and syncs once (group commit). An answer waits until its records, and those that it may have
// seen, are synced. A group that a crash left half written is cut off: nobody was told of it. It is
// the last of its file: the next one is begun after a sync, so that damage is told from it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

#include "backends/cosmos/emulator/answer_gate.h"
#include "backends/cosmos/emulator/journal_records.h"
#include "base/disk.h"
#include "base/record_log.h"

namespace weir::cosmos::emulator {

class DurableStore final : public JournalSink, public AnswerGate {
 public:
  struct Settings {
    std::string folder;  // made when missing
    // A journal that is larger than this and than twice the last snapshot is made superfluous.
    uint64_t compact_after_bytes = uint64_t{64} << 20;
    int64_t retry_ns = 1'000'000'000;  // after a failed write
  };
  // Writes the whole state through `write`, as records; false when it could not.
  using WriteState = std::function<bool(absl::FunctionRef<void(std::string_view record)> write)>;

  // Reads what is there into *state. disk outlives the store. kAlreadyExists when another emulator
  // has the folder, kDataLoss when a file is damaged, otherwise what the disk
  // says.
  static absl::StatusOr<std::unique_ptr<DurableStore>> Open(Disk* disk, Settings settings,
                                                            RecordedState* state);
  ~DurableStore() override;  // syncs what was appended

  // From now on the journal is compacted. Once, before there are requests.
  void StartCompaction(WriteState write_state);

  // JournalSink. Never blocks on the disk.
  void Append(std::string_view record) override;
  uint64_t appended() const { return appended_.load(std::memory_order_acquire); }

  // OK, or why nothing can be made durable at the moment.
  absl::Status Health() const;

  bool IsOpen(uint64_t ticket) const override {
    return ticket == 0 ||
           (ticket <= durable_.load(std::memory_order_acquire) && !is_failing_.load());
  }
  void WhenOpen(uint64_t ticket, std::function<void(const absl::Status&)> then) override;

 private:
  struct Waiter {
    uint64_t ticket;
    std::function<void(const absl::Status&)> then;
  };

  DurableStore(Disk* disk, Settings settings) : disk_(disk), settings_(std::move(settings)) {}
  absl::Status Recover(RecordedState* state);
  absl::Status ReadFile(const std::string& name, bool is_last, RecordedState* state,
                        uint64_t* bytes);
  absl::Status OpenJournal(uint64_t number);
  std::string PathOf(const std::string& name) const;
  void Write();                // the writing thread
  absl::Status WriteGroups();  // of the chunks in writing_, each synced
  void Answer(const std::vector<Waiter>& waiters, const absl::Status& status);
  void Compact();  // the compacting thread
  absl::Status WriteSnapshot(uint64_t number);
  absl::Status WaitUntilDurable(uint64_t ticket);

  Disk* const disk_;
  const Settings settings_;
  std::unique_ptr<DiskFile> lock_;
  std::unique_ptr<RecordLog> journal_;  // the writing thread's, once it runs
  uint64_t journal_number_ = 0;
  std::atomic<uint64_t> snapshot_bytes_ = 0;
  WriteState write_state_;

  mutable std::mutex mutex_;
  std::condition_variable work_;     // there are records, or it is time to stop
  std::condition_variable rotated_;  // a new journal was begun for a snapshot
  std::deque<std::string> pending_;  // guarded by mutex_, as all below
  std::vector<Waiter> waiters_;
  absl::Status failure_;
  bool is_stopping_ = false;
  bool is_compacting_ = false;  // a snapshot is being written
  uint64_t rotate_to_ = 0;      // the journal that a snapshot waits for

  std::deque<std::string> writing_;  // the writing thread's
  bool is_lost_ = false;             // its; a sync failed: what the disk has is not known any more
  std::atomic<uint64_t> appended_ = 0;
  std::atomic<uint64_t> durable_ = 0;
  std::atomic<bool> is_failing_ = false;
  std::thread writer_;
  std::thread compactor_;
};

}  // namespace weir::cosmos::emulator
