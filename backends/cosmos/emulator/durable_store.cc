#include "backends/cosmos/emulator/durable_store.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <future>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

constexpr size_t kGroupBytes = 8 << 20;  // a larger group is begun anew
constexpr std::string_view kJournal = "journal-";
constexpr std::string_view kSnapshot = "snapshot-";
constexpr std::string_view kUnfinished = ".new";
constexpr std::string_view kEndOfSnapshot = "E";

std::string NameOf(std::string_view kind, uint64_t number) {
  return absl::StrFormat("%s%08d", std::string(kind), number);
}

// A group: its records, each after its length.
void AppendFramed(std::string_view record, std::string* group) {
  const auto size = static_cast<uint32_t>(record.size());
  for (int shift = 0; shift < 32; shift += 8) group->push_back(static_cast<char>(size >> shift));
  group->append(record);
}

template <typename Visit>
absl::Status ForEachFramed(std::string_view group, Visit visit) {
  while (group.size() >= 4) {
    uint32_t size = 0;
    for (int i = 0; i < 4; ++i) size |= uint32_t{static_cast<uint8_t>(group[i])} << (8 * i);
    if (size > group.size() - 4) break;
    WEIR_RETURN_IF_ERROR(visit(group.substr(4, size)));
    group.remove_prefix(4 + size);
  }
  return group.empty() ? absl::OkStatus() : absl::DataLossError("a group of records breaks off");
}

absl::Status SyncFolder(const std::string& folder) {
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) close(fd);
  if (synced) return absl::OkStatus();
  return absl::InternalError(absl::StrCat("cannot sync ", folder, ": ", strerror(error)));
}

// Numbers of the files of one kind, ascending.
absl::StatusOr<std::vector<uint64_t>> NumbersOf(const std::string& folder, std::string_view kind) {
  std::vector<uint64_t> numbers;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  if (error) {
    return absl::InternalError(absl::StrCat("cannot read ", folder, ": ", error.message()));
  }
  for (const auto& entry : entries) {
    const std::string name = entry.path().filename();
    uint64_t number = 0;
    if (name.starts_with(kind) && absl::SimpleAtoi(name.substr(kind.size()), &number)) {
      numbers.push_back(number);
    }
  }
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

}  // namespace

// --------------------------------------------------------------------------------- recovery

absl::StatusOr<std::unique_ptr<DurableStore>> DurableStore::Open(Disk* disk, Settings settings,
                                                                 RecordedState* state) {
  std::error_code error;
  std::filesystem::create_directories(settings.folder, error);
  if (error) {
    return absl::InternalError(
        absl::StrCat("cannot make the folder ", settings.folder, ": ", error.message()));
  }
  std::unique_ptr<DurableStore> store(new DurableStore(disk, std::move(settings)));
  auto lock = disk->Open(store->PathOf("lock"));
  if (absl::IsAlreadyExists(lock.status())) {
    return absl::AlreadyExistsError(absl::StrCat("another emulator keeps its data in ",
                                                 store->settings_.folder,
                                                 ": stop it, or name another folder"));
  }
  WEIR_RETURN_IF_ERROR(lock.status());
  store->lock_ = *std::move(lock);
  WEIR_RETURN_IF_ERROR(store->Recover(state));
  store->writer_ = std::thread([raw = store.get()] { raw->Write(); });
  return store;
}

std::string DurableStore::PathOf(const std::string& name) const {
  return absl::StrCat(settings_.folder, "/", name);
}

absl::Status DurableStore::Recover(RecordedState* state) {
  WEIR_ASSIGN_OR_RETURN(const auto snapshots, NumbersOf(settings_.folder, kSnapshot));
  WEIR_ASSIGN_OR_RETURN(const auto journals, NumbersOf(settings_.folder, kJournal));
  const uint64_t first = snapshots.empty() ? 0 : snapshots.back();
  if (!snapshots.empty()) {
    uint64_t bytes = 0;
    WEIR_RETURN_IF_ERROR(ReadFile(NameOf(kSnapshot, first), false, state, &bytes));
    snapshot_bytes_ = bytes;
  }
  uint64_t expected = first;
  for (const uint64_t number : journals) {
    if (number < first) continue;
    if (number != expected++) {
      return absl::DataLossError(
          absl::StrCat(PathOf(NameOf(kJournal, expected - 1)), " is missing"));
    }
    if (number != journals.back()) {
      uint64_t bytes = 0;
      WEIR_RETURN_IF_ERROR(ReadFile(NameOf(kJournal, number), false, state, &bytes));
    }
  }
  const uint64_t last = journals.empty() ? first : std::max(first, journals.back());
  WEIR_RETURN_IF_ERROR(ReadFile(NameOf(kJournal, last), true, state, nullptr));
  journal_number_ = last;
  for (const uint64_t number : journals) {
    if (number < first) WEIR_RETURN_IF_ERROR(disk_->Remove(PathOf(NameOf(kJournal, number))));
  }
  for (const uint64_t number : snapshots) {
    if (number < first) WEIR_RETURN_IF_ERROR(disk_->Remove(PathOf(NameOf(kSnapshot, number))));
  }
  return absl::OkStatus();
}

// The last journal may end in a torn group and is kept open; every other file was complete once.
absl::Status DurableStore::ReadFile(const std::string& name, bool is_last, RecordedState* state,
                                    uint64_t* bytes) {
  const std::string path = PathOf(name);
  WEIR_ASSIGN_OR_RETURN(auto file, disk_->Open(path));
  const uint64_t size = file->Size();
  absl::Status status;
  const auto visit = [&](absl::string_view group) {
    if (!status.ok() || std::string_view(group.data(), group.size()) == kEndOfSnapshot) return;
    status = ForEachFramed({group.data(), group.size()},
                           [&](std::string_view record) { return state->Apply(record); });
  };
  const auto tail = is_last ? RecordLog::Tail::kRefuseDamage : RecordLog::Tail::kKeep;
  absl::StatusOr<RecordLog> log = RecordLog::Open(std::move(file), visit, tail);
  WEIR_RETURN_IF_ERROR(Annotate(status, path));
  const auto damaged = [&path](absl::string_view where) {
    return absl::DataLossError(absl::StrCat(path, " ", where, ": restore it from a copy"));
  };
  if (absl::IsDataLoss(log.status())) return damaged(log.status().message());
  WEIR_RETURN_IF_ERROR(log.status());
  if (is_last) {
    journal_ = std::make_unique<RecordLog>(*std::move(log));
    return absl::OkStatus();
  }
  if (log->size() != size) return damaged(RecordLog::DamageAt(log->size(), size));
  *bytes = size;
  return absl::OkStatus();
}

absl::Status DurableStore::OpenJournal(uint64_t number) {
  WEIR_ASSIGN_OR_RETURN(auto file, disk_->Open(PathOf(NameOf(kJournal, number))));
  WEIR_ASSIGN_OR_RETURN(RecordLog log, RecordLog::Open(std::move(file), [](absl::string_view) {}));
  journal_ = std::make_unique<RecordLog>(std::move(log));
  journal_number_ = number;
  return absl::OkStatus();
}

// ---------------------------------------------------------------------------------- writing

void DurableStore::Append(std::string_view record) {
  const std::scoped_lock lock(mutex_);
  if (pending_.empty() || pending_.back().size() + record.size() > kGroupBytes) {
    pending_.emplace_back();
  }
  AppendFramed(record, &pending_.back());
  appended_.fetch_add(1, std::memory_order_release);
  work_.notify_one();
}

absl::Status DurableStore::Health() const {
  if (!is_failing_.load()) return absl::OkStatus();
  const std::scoped_lock lock(mutex_);
  return failure_;
}

void DurableStore::WhenOpen(uint64_t ticket, std::function<void(const absl::Status&)> then) {
  absl::Status status;
  {
    const std::scoped_lock lock(mutex_);
    if (ticket != 0) status = failure_;
    if (status.ok() && ticket > durable_.load()) {
      waiters_.push_back({ticket, std::move(then)});
      return;
    }
  }
  then(status);
}

void DurableStore::Answer(const std::vector<Waiter>& waiters, const absl::Status& status) {
  for (const Waiter& waiter : waiters) waiter.then(status);
}

// One at a time: where no more than one group can be half written, a whole one behind it tells that
// the file was damaged (RecordLog::Tail::kRefuseDamage).
absl::Status DurableStore::WriteGroups() {
  for (; !writing_.empty(); writing_.pop_front()) {
    WEIR_RETURN_IF_ERROR(journal_->Append(writing_.front()).status());
    const absl::Status synced = journal_->Sync();
    is_lost_ = !synced.ok();
    WEIR_RETURN_IF_ERROR(synced);
  }
  return absl::OkStatus();
}

void DurableStore::Write() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_.wait(lock, [this] {
      return is_stopping_ || !pending_.empty() || !writing_.empty() || rotate_to_ != 0;
    });
    if (is_stopping_ && ((pending_.empty() && writing_.empty()) || !failure_.ok())) return;
    for (std::string& chunk : pending_) writing_.push_back(std::move(chunk));
    pending_.clear();
    const uint64_t ticket = appended_.load();
    const uint64_t rotate_to = rotate_to_;
    lock.unlock();
    absl::Status status;
    if (is_lost_) {
      status = Health();
    } else {
      if (rotate_to != 0 && journal_number_ != rotate_to) status = OpenJournal(rotate_to);
      if (status.ok()) status = WriteGroups();
    }
    lock.lock();
    if (rotate_to != 0 && status.ok()) {
      rotate_to_ = 0;
      rotated_.notify_all();
    }
    failure_ = status;
    is_failing_ = !status.ok();
    if (status.ok()) durable_.store(ticket, std::memory_order_release);
    std::vector<Waiter> ready;
    std::erase_if(waiters_, [&](Waiter& waiter) {
      if (status.ok() && waiter.ticket > ticket) return false;
      ready.push_back(std::move(waiter));
      return true;
    });
    lock.unlock();
    Answer(ready, status);
    lock.lock();
    if (!status.ok()) {
      work_.wait_for(lock, std::chrono::nanoseconds(settings_.retry_ns),
                     [this] { return is_stopping_; });
      continue;
    }
    if (write_state_ && !is_compacting_ && rotate_to_ == 0 &&
        journal_->size() > std::max<uint64_t>(settings_.compact_after_bytes, 2 * snapshot_bytes_)) {
      is_compacting_ = true;
      rotate_to_ = journal_number_ + 1;
    }
  }
}

DurableStore::~DurableStore() {
  {
    const std::scoped_lock lock(mutex_);
    is_stopping_ = true;
  }
  work_.notify_all();
  rotated_.notify_all();
  if (compactor_.joinable()) compactor_.join();
  if (writer_.joinable()) writer_.join();
}

// ------------------------------------------------------------------------------- compaction

void DurableStore::StartCompaction(WriteState write_state) {
  const std::scoped_lock lock(mutex_);
  write_state_ = std::move(write_state);
  compactor_ = std::thread([this] { Compact(); });
}

void DurableStore::Compact() {
  std::unique_lock lock(mutex_);
  for (;;) {
    rotated_.wait(lock, [this] { return is_stopping_ || (is_compacting_ && rotate_to_ == 0); });
    if (is_stopping_) return;
    const uint64_t number = journal_number_;
    lock.unlock();
    const absl::Status status = WriteSnapshot(number);
    lock.lock();
    // Without a snapshot the journals stay, all of them; the next try comes when the disk has
    // taken as much again.
    if (!status.ok()) snapshot_bytes_ = snapshot_bytes_ + settings_.compact_after_bytes;
    is_compacting_ = false;
  }
}

absl::Status DurableStore::WaitUntilDurable(uint64_t ticket) {
  auto answer = std::make_shared<std::promise<absl::Status>>();
  WhenOpen(ticket, [answer](const absl::Status& status) { answer->set_value(status); });
  return answer->get_future().get();
}

absl::Status DurableStore::WriteSnapshot(uint64_t number) {
  const std::string path = PathOf(NameOf(kSnapshot, number));
  const std::string unfinished = absl::StrCat(path, std::string(kUnfinished));
  WEIR_RETURN_IF_ERROR(disk_->Remove(unfinished));
  WEIR_ASSIGN_OR_RETURN(auto file, disk_->Open(unfinished));
  WEIR_ASSIGN_OR_RETURN(RecordLog log, RecordLog::Open(std::move(file), [](absl::string_view) {}));
  std::string group;
  absl::Status status;
  const auto flush = [&] {
    if (status.ok() && !group.empty()) status = log.Append(group).status();
    group.clear();
  };
  const bool complete = write_state_([&](std::string_view record) {
    AppendFramed(record, &group);
    if (group.size() > kGroupBytes / 8) flush();
  });
  flush();
  WEIR_RETURN_IF_ERROR(status);
  if (!complete) return absl::AbortedError("the state could not be written");
  WEIR_RETURN_IF_ERROR(log.Append({kEndOfSnapshot.data(), kEndOfSnapshot.size()}).status());
  WEIR_RETURN_IF_ERROR(log.Sync());
  // What the snapshot saw or passed over because it was just written must be in the journal.
  WEIR_RETURN_IF_ERROR(WaitUntilDurable(appended()));
  if (rename(unfinished.c_str(), path.c_str()) != 0) {
    return absl::InternalError(absl::StrCat("cannot rename ", unfinished, ": ", strerror(errno)));
  }
  WEIR_RETURN_IF_ERROR(SyncFolder(settings_.folder));
  snapshot_bytes_ = log.size();
  for (const std::string_view kind : {kJournal, kSnapshot}) {
    WEIR_ASSIGN_OR_RETURN(const auto numbers, NumbersOf(settings_.folder, kind));
    for (const uint64_t old : numbers) {
      if (old < number) WEIR_RETURN_IF_ERROR(disk_->Remove(PathOf(NameOf(kind, old))));
    }
  }
  return absl::OkStatus();
}

}  // namespace weir::cosmos::emulator
