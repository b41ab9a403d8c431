#include "integrity/letter_replay.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"

#include "agent/dead_letters.h"
#include "base/clock.h"
#include "base/epoll_loop.h"
#include "base/record_log.h"
#include "base/status.h"

namespace weir {
namespace {

constexpr char kReplayedFile[] = "replayed";
constexpr int64_t kPatienceNs = 30 * kNsPerSecond;
constexpr int kAttempts = 8;
constexpr int64_t kWaitNs = 100 * kNsPerMs;

// One operation at a time, with patience.
class Sender final : public CompletionSink {
 public:
  absl::Status Open(Backend& backend) {
    WEIR_ASSIGN_OR_RETURN(session_, backend.OpenSession(loop_, *this));
    return absl::OkStatus();
  }

  LetterOutcome Send(Operation operation) {
    LetterOutcome last;
    for (int attempt = 1; attempt <= kAttempts; ++attempt) {
      operation.attempt = static_cast<uint32_t>(attempt);
      if (!Once(operation)) return {Verdict::kTimedOut, "no answer"};
      last = {answer_->verdict, words_};
      if (!answer_->retryable && answer_->verdict != Verdict::kThrottled) break;
      Wait(std::max(kWaitNs << attempt, answer_->retry_after_ns));
    }
    return last;
  }

  void Complete(Ticket, const Outcome& outcome) override {
    answer_ = outcome;
    words_ = std::string(outcome.detail);
  }
  void Ready(Session*) override {}

 private:
  bool Once(const Operation& operation) {
    const int64_t deadline = loop_.Now() + kPatienceNs;
    while (session_->Capacity() <= 0 && loop_.Now() < deadline) loop_.RunOnce(deadline);
    if (session_->Capacity() <= 0) return false;
    answer_.reset();
    session_->Start(operation, kTicket);
    session_->Flush();
    while (!answer_ && loop_.Now() < deadline) loop_.RunOnce(deadline);
    if (!answer_) session_->Abandon(kTicket);
    return answer_.has_value();
  }

  void Wait(int64_t ns) {
    const int64_t until = loop_.Now() + ns;
    while (loop_.Now() < until) loop_.RunOnce(until);
  }

  static constexpr Ticket kTicket = 1;
  EpollLoop loop_;
  std::unique_ptr<Session> session_;
  std::optional<Outcome> answer_;
  std::string words_;
};

// A batch goes record by record, so that what earlier attempts applied of it does not matter.
LetterOutcome SendAll(const Operation& operation, Sender* sender) {
  LetterOutcome worst{Verdict::kOk, ""};
  for (uint32_t i = 0; i < operation.records; ++i) {
    Operation one = operation;
    one.first_record = operation.first_record + i;
    one.records = 1;
    one.applied = nullptr;
    one.in_doubt = true;
    LetterOutcome outcome = sender->Send(one);
    // The record is gone, whoever took it away: perhaps a replay that died before it could say so.
    if (one.kind == OperationKind::kDelete && outcome.verdict == Verdict::kNotFound) continue;
    if (outcome.verdict != Verdict::kOk) worst = std::move(outcome);
  }
  return worst;
}

absl::StatusOr<RecordLog> OpenReplayed(Disk& disk, const std::string& folder, Replayed* replayed) {
  WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file,
                        disk.Open(absl::StrCat(folder, "/", kReplayedFile)));
  const auto visit = [&](absl::string_view bytes) {
    v1::LetterRecord record;
    if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return;
    const v1::LetterReplay& replay = record.replay();
    bool& done = (*replayed)[{replay.leg(), replay.stage(), replay.index()}];
    done |= replay.verdict() == VerdictName(Verdict::kOk);
  };
  absl::StatusOr<RecordLog> log =
      RecordLog::Open(std::move(file), visit, RecordLog::Tail::kRefuseDamage);
  if (!absl::IsDataLoss(log.status())) return log;
  return absl::DataLossError(
      absl::StrCat(folder, "/", kReplayedFile, " ", log.status().message(),
                   ": remove it and replay again; what was delivered takes effect once"));
}

absl::Status Note(const v1::DeadLetter& letter, const LetterOutcome& outcome, RecordLog* log) {
  v1::LetterRecord record;
  v1::LetterReplay* replay = record.mutable_replay();
  replay->set_leg(letter.leg());
  replay->set_stage(letter.stage());
  replay->set_index(letter.index());
  replay->set_verdict(std::string(VerdictName(outcome.verdict)));
  replay->set_detail(outcome.detail);
  replay->set_unix_ns(WallUnixNs());
  WEIR_RETURN_IF_ERROR(log->Append(record.SerializeAsString()).status());
  return log->Sync();
}

}  // namespace

absl::StatusOr<std::vector<v1::DeadLetter>> ReadLetters(Disk& disk, const std::string& folder) {
  std::set<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::filesystem::path& path = entry.path();
    if (path.extension() == ".1") paths.insert(path.parent_path() / path.stem());
  }
  std::vector<v1::DeadLetter> letters;
  for (const std::string& path : paths) {
    WEIR_RETURN_IF_ERROR(ForEachLetter(
        disk, path, [&](const v1::DeadLetter& letter) { letters.push_back(letter); }));
  }
  return letters;
}

absl::StatusOr<Replayed> ReadReplayed(Disk& disk, const std::string& folder) {
  Replayed replayed;
  if (!disk.Exists(absl::StrCat(folder, "/", kReplayedFile))) return replayed;
  WEIR_RETURN_IF_ERROR(OpenReplayed(disk, folder, &replayed).status());
  return replayed;
}

absl::Status ReplayLetters(
    Disk& disk, const std::string& folder, const v1::RunResult& run, const Dataset& dataset,
    Backend& backend, const std::vector<v1::DeadLetter>& letters,
    absl::FunctionRef<void(const v1::DeadLetter& letter, const LetterOutcome& outcome)> visit) {
  Replayed replayed;
  WEIR_ASSIGN_OR_RETURN(RecordLog log, OpenReplayed(disk, folder, &replayed));
  Sender sender;
  WEIR_RETURN_IF_ERROR(sender.Open(backend));
  std::map<std::pair<uint32_t, v1::Phase>, std::unique_ptr<OperationPlan>> plans;
  PlannedOperation planned;
  for (const v1::DeadLetter& letter : letters) {
    if (!letter.writes() || replayed[{letter.leg(), letter.stage(), letter.index()}]) continue;
    if (static_cast<int>(letter.leg()) >= run.legs_size()) {
      return absl::DataLossError("a dead letter is of a leg that the run does not have");
    }
    std::unique_ptr<OperationPlan>& plan = plans[{letter.leg(), letter.stage()}];
    if (plan == nullptr) {
      WEIR_ASSIGN_OR_RETURN(
          plan, PlanOf(run, run.legs(static_cast<int>(letter.leg())), letter.stage(), dataset));
    }
    plan->Make(letter.index(), &planned);
    const LetterOutcome outcome = SendAll(planned.operation, &sender);
    WEIR_RETURN_IF_ERROR(Note(letter, outcome, &log));
    visit(letter, outcome);
  }
  return absl::OkStatus();
}

}  // namespace weir
