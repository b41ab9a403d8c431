#include "coordinator/stage_run.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "coordinator/leg_verdict.h"
#include "coordinator/stage_record.h"

namespace weir {
namespace {

constexpr int64_t kRepeatNs = kNsPerSecond;
// Clocks step, and machines are frozen; but what is kept until a second is over has an end.
constexpr uint32_t kMostSecondsAhead = 3600;

}  // namespace

StageRun::StageRun(const Setup& setup, const std::vector<v1::Prepared>& answers, Roster& roster,
                   RunPort& port)
    : setup_(setup),
      roster_(roster),
      port_(port),
      barrier_(setup_.step, setup_.number, roster),
      merge_(roster.size()),
      receipts_(roster.size()),
      watch_(setup_.scenario, setup_.step.task, roster.size()),
      ends_(roster.size()),
      ended_ns_(roster.size()),
      offsets_ns_(roster.size()),
      starts_(roster.size()) {
  if (setup_.step.task == v1::TASK_DRIVE) {
    throughput_ = ThroughputOrders::Make(setup_.target, *setup_.leg, setup_.number, roster_);
  }
  for (uint32_t agent = 0; agent < answers.size(); ++agent) merge_.Expect(agent, answers[agent]);
}

v1::Phase StageRun::Phase() const {
  return setup_.step.task == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE;
}

uint32_t StageRun::SecondAt(int64_t now_ns) const {
  const int64_t since = std::max<int64_t>(0, now_ns - barrier_.start_ns());
  return static_cast<uint32_t>((since + kNsPerSecond - 1) / kNsPerSecond);
}

ReportBounds StageRun::Bounds(int64_t now_ns) const {
  const auto operations = static_cast<uint32_t>(setup_.leg->operations_size());
  const uint64_t last = uint64_t{SecondAt(now_ns)} + kMostSecondsAhead;
  return {.operations = operations,
          .last_second = static_cast<uint32_t>(std::min<uint64_t>(last, UINT32_MAX - 1))};
}

// ----------------------------------------------------------------------------------- the start

void StageRun::Arm(int64_t lead_ns, int64_t now_ns) { barrier_.Arm(lead_ns, now_ns); }

void StageRun::OnArmed(uint32_t agent, const v1::Armed& armed, int64_t now_ns) {
  barrier_.OnArmed(agent, armed);
  BeginIfArmed(barrier_.OnTick(now_ns), now_ns);
}

// From Go on operations may be issued: it is in the journal before anyone hears it.
void StageRun::BeginIfArmed(StartBarrier::Next next, int64_t now_ns) {
  if (next == StartBarrier::Next::kFail) {
    fatal_ = absl::StrCat("not ready to start in time: ", barrier_.Missing());
  }
  if (next != StartBarrier::Next::kGo || !fatal_.empty()) return;
  v1::JournalRecord record;
  v1::JournalGo* go = record.mutable_go();
  go->set_step(setup_.number);
  go->set_attempt(barrier_.attempt());
  go->set_start_ns(barrier_.start_ns());
  go->set_start_unix_ns(setup_.journal_from_unix_ns + barrier_.start_ns());
  for (uint32_t agent = 0; agent < roster_.size(); ++agent) {
    const ClockOffset& clock = roster_.clock(agent);
    offsets_ns_[agent] = clock.OffsetAt(barrier_.start_ns());
    starts_[agent].name = roster_.FactsOf(agent).name();
    starts_[agent].bound_ns = clock.BoundAt(barrier_.start_ns());
    starts_[agent].clock_bound_ns = starts_[agent].bound_ns;
    go->add_offsets_ns(offsets_ns_[agent]);
    go->add_bounds_ns(starts_[agent].bound_ns);
  }
  if (Keep(std::move(record), now_ns)) barrier_.Go(now_ns);
}

// False when the journal cannot be written: what the record says is not done.
bool StageRun::Keep(v1::JournalRecord record, int64_t now_ns) {
  record.set_unix_ns(setup_.journal_from_unix_ns + now_ns);
  const absl::Status kept = port_.Keep(record);
  if (!kept.ok() && fatal_.empty()) fatal_ = std::string(kept.message());
  return kept.ok();
}

// ----------------------------------------------------------------------------------- reports

void StageRun::ShowSecond(const MergedSecond& second) {
  seconds_merged_ = second.second + 1;
  watch_.Add(second);
  if (throughput_ != nullptr) throughput_->Add(second.second, second.partitions);
  // Behind a second that could not be kept comes no other: what is kept has no gap.
  if (setup_.kept && fatal_.empty()) {
    const absl::Status kept = port_.SecondMerged(*setup_.leg, Phase(), second);
    if (!kept.ok()) fatal_ = std::string(kept.message());
  }
  if (!fatal_.empty()) return;  // what is not kept is not acknowledged
  receipts_.Kept(second.second);
  kept_more_ = true;
}

void StageRun::OnInterval(uint32_t agent, const ReportView& report, int64_t now_ns) {
  if (!begun()) return;
  if (const absl::Status sound = CheckReport(report, Bounds(now_ns)); !sound.ok()) {
    fault_ = Fault{agent, absl::StrCat(kUnsound, sound.message())};
    return;
  }
  const auto taken =
      merge_.Add(agent, report, [this](const MergedSecond& second) { ShowSecond(second); });
  if (!taken.ok()) {
    fault_ = Fault{agent, std::string(taken.status().message())};
    return;
  }
  // Of one that was merged the agent hears when it is kept; of any other, what it has not heard.
  if (*taken != StageMerge::Taken::kMerged) to_acknowledge_.insert(agent);
  receipts_.Exists(agent, report.sequence());
  if (*taken == StageMerge::Taken::kMerged) Receive(agent, report, now_ns);
  const bool gap = *taken == StageMerge::Taken::kGap;
  if (gap || (receipts_.missing(agent) && receipts_.answered(agent))) AskForMissing(agent, now_ns);
  KeepAndAcknowledge(now_ns);
}

// It was merged.
void StageRun::Receive(uint32_t agent, const ReportView& report, int64_t now_ns) {
  receipts_.Merged(agent, report.sequence(), report.second());
  // The second may be over for all others, and shown while it was merged.
  if (report.second() < seconds_merged_ && fatal_.empty()) {
    receipts_.Kept(agent, seconds_merged_ - 1);
    to_acknowledge_.insert(agent);
  }
  FinishIfWhole(agent, now_ns);
}

void StageRun::OnBundle(const std::vector<StageMerge::Bundled>& reports,
                        const ReportView& histograms, bool whole, int64_t now_ns) {
  if (!begun()) return;
  const ReportBounds bounds = Bounds(now_ns);
  const auto sound = [&](const StageMerge::Bundled& each) {
    return CheckReport(*each.report, bounds).ok();
  };
  const bool taken = whole && CheckReport(histograms, bounds).ok() &&
                     std::all_of(reports.begin(), reports.end(), sound) &&
                     merge_.AddBundle(reports, histograms,
                                      [this](const MergedSecond& second) { ShowSecond(second); });
  for (const auto& [agent, report] : reports) {
    if (!taken) {
      to_acknowledge_.insert(agent);
      continue;
    }
    receipts_.Exists(agent, report->sequence());
    Receive(agent, *report, now_ns);
  }
  if (!taken) AskForEach(reports, now_ns);
  KeepAndAcknowledge(now_ns);
}

// What a bundle says of a report's number is believed for the next few only: the report itself has
// not been seen.
void StageRun::AskForEach(const std::vector<StageMerge::Bundled>& reports, int64_t now_ns) {
  constexpr uint64_t kBelieved = 4;
  for (const auto& [agent, report] : reports) {
    if (merge_.over(agent)) continue;
    const uint64_t last = receipts_.merged(agent) + kBelieved;
    receipts_.Exists(agent, std::min(report->sequence(), last));
    AskForMissing(agent, now_ns);
  }
}

void StageRun::AskForMissing(uint32_t agent, int64_t now_ns) {
  if (!receipts_.missing(agent) || !receipts_.due(agent, now_ns)) return;
  const auto [first, last] = receipts_.ToAskFor(agent, now_ns);
  asked_again_ += last - first + 1;
  v1::CoordinatorMessage message;
  message.mutable_resend()->set_step(setup_.number);
  message.mutable_resend()->set_first(first);
  message.mutable_resend()->set_last(last);
  roster_.Send(agent, message);
}

void StageRun::OnThroughputChanged(uint32_t agent, const v1::ThroughputChanged& changed,
                                   int64_t now_ns) {
  if (throughput_ == nullptr || agent != 0 || !begun()) return;
  throughput_->OnChanged(changed, SecondAt(now_ns));
  if (changed.error().empty() && !changed.pending()) {
    port_.ThroughputChanged(*setup_.leg, changed.ru());
  }
}

// The results store has the seconds already; the journal says so, and then the agents may forget.
void StageRun::KeepAndAcknowledge(int64_t now_ns) {
  if (kept_more_ && fatal_.empty()) {
    kept_more_ = false;
    for (uint32_t agent = 0; agent < roster_.size(); ++agent) to_acknowledge_.insert(agent);
    if (setup_.kept) Journal(now_ns);
  }
  if (fatal_.empty()) {
    for (const uint32_t agent : to_acknowledge_) Acknowledge(agent);
  }
  to_acknowledge_.clear();
}

void StageRun::Journal(int64_t now_ns) {
  v1::JournalRecord record;
  record.set_unix_ns(setup_.journal_from_unix_ns + now_ns);
  record.mutable_kept()->set_step(setup_.number);
  for (uint32_t agent = 0; agent < roster_.size(); ++agent) {
    record.mutable_kept()->add_sequences(receipts_.kept(agent));
  }
  const absl::Status kept = port_.Keep(record);
  if (!kept.ok()) fatal_ = std::string(kept.message());
}

void StageRun::Acknowledge(uint32_t agent) {
  v1::CoordinatorMessage message;
  v1::Acknowledge* acknowledge = message.mutable_acknowledge();
  acknowledge->set_leg(setup_.step.leg);
  acknowledge->set_task(setup_.step.task);
  acknowledge->set_step(setup_.number);
  acknowledge->set_sequence(receipts_.kept(agent));
  acknowledge->set_stage_done(merge_.over(agent) && ended_ns_[agent] != 0 &&
                              receipts_.kept(agent) == receipts_.merged(agent));
  roster_.Send(agent, message);
}

// -------------------------------------------------------------------------------------- ends

void StageRun::OnStageDone(uint32_t agent, const v1::StageDone& done, int64_t now_ns) {
  // Of a start that was called off: nobody had begun.
  if (!begun()) return;
  if (const absl::Status sound = CheckStageDone(done, Bounds(now_ns)); !sound.ok()) {
    fault_ = Fault{agent, absl::StrCat(kUnsound, sound.message())};
    return;
  }
  if (!merge_.over(agent)) {
    if (ended_ns_[agent] == 0) ended_ns_[agent] = now_ns;
    ends_[agent] = done;
    receipts_.Exists(agent, done.last_sequence());
    AskForMissing(agent, now_ns);
    FinishIfWhole(agent, now_ns);
  }
  to_acknowledge_.insert(agent);
  KeepAndAcknowledge(now_ns);
}

void StageRun::FinishIfWhole(uint32_t agent, int64_t now_ns) {
  if (ended_ns_[agent] == 0 || merge_.over(agent) || receipts_.missing(agent)) return;
  FinishAgent(agent, now_ns);
}

void StageRun::FinishAgent(uint32_t agent, int64_t now_ns) {
  const v1::StageDone& done = ends_[agent];
  if (done.missed_start()) return MissStart(agent, now_ns);
  const absl::Status status =
      merge_.Finish(agent, done, [this](const MergedSecond& second) { ShowSecond(second); });
  if (!status.ok()) {
    AddReason(v1::VALIDITY_INVALID, std::string(status.message()), setup_.leg->mutable_verdict());
  }
  // A proof may be over before its plan is.
  if (budget_reached_.empty() && !done.budget_reached().empty()) {
    budget_reached_ = absl::StrCat(roster_.NameOf(agent), " ", done.budget_reached());
  }
  const bool by_itself = done.stopped_early() && stop_ns_ == 0 && done.budget_reached().empty() &&
                         setup_.step.task != v1::TASK_PROVE && setup_.step.task != v1::TASK_CANARY;
  if (error_.empty() && (by_itself || !done.error().empty())) {
    error_ = absl::StrCat(roster_.NameOf(agent), ": ", by_itself ? "stopped before the end" : "",
                          by_itself && !done.error().empty() ? ": " : "", done.error());
  }
  const int64_t skew_ns = done.started_ns() - offsets_ns_[agent] - barrier_.start_ns();
  // One that was stopped before the start has not started early.
  if (done.started_ns() == 0 || (done.stopped_early() && skew_ns < 0)) return;
  starts_[agent].known = true;
  starts_[agent].skew_ns = skew_ns;
}

// The agent is done and the reports before its end do not come: what they told of is lost.
void StageRun::GiveUpReports(uint32_t agent, int64_t now_ns) {
  if (!receipts_.missing(agent)) return FinishAgent(agent, now_ns);
  AddReason(v1::VALIDITY_INVALID,
            absl::StrCat(roster_.NameOf(agent), " sent ", ends_[agent].last_sequence(),
                         " reports, ", receipts_.merged(agent), " arrived"),
            setup_.leg->mutable_verdict());
  Lose(agent, ended_ns_[agent]);
}

// Late agents never join: the others stop, and what this one was to do is lost.
void StageRun::MissStart(uint32_t agent, int64_t now_ns) {
  Lose(agent, now_ns);
  if (fatal_.empty() && stop_ns_ == 0) {
    fatal_ = absl::StrCat(roster_.NameOf(agent), " missed the start: word came too late");
  }
}

// Where the others go on, all that this one was still to do is lost; else the stage ends for all.
void StageRun::Lose(uint32_t agent, int64_t now_ns) {
  if (begun() && !merge_.over(agent)) NoteLostShare(agent);
  const bool goes_on = begun() && stop_ns_ == 0 && setup_.tolerates_loss &&
                       setup_.step.task == v1::TASK_DRIVE && OthersGoOn(agent);
  const int64_t end_ns = stop_ns_ != 0 ? stop_ns_ : now_ns;
  const uint32_t end = goes_on   ? std::numeric_limits<uint32_t>::max()
                       : begun() ? SecondAt(end_ns)
                                 : 0;
  if (setup_.kept && begun() && !merge_.over(agent) && fatal_.empty()) {
    v1::JournalRecord record;
    record.mutable_lost()->set_step(setup_.number);
    record.mutable_lost()->set_agent(agent);
    record.mutable_lost()->set_end(end);
    Keep(std::move(record), now_ns);
  }
  merge_.Lose(agent, end, [this](const MergedSecond& second) { ShowSecond(second); });
  KeepAndAcknowledge(now_ns);
}

// What of its share it had done is not known: a ledger of the stage has to allow for all of it.
void StageRun::NoteLostShare(uint32_t agent) {
  v1::LostShare* lost = setup_.leg->add_lost_shares();
  lost->set_stage(Phase());
  lost->set_share_index(agent);
  lost->set_share_count(roster_.size());
}

bool StageRun::OthersGoOn(uint32_t agent) const {
  for (uint32_t other = 0; other < roster_.size(); ++other) {
    if (other != agent && !merge_.over(other)) return true;
  }
  return false;
}

void StageRun::Stop(const std::string& reason, int64_t deadline_ns, int64_t now_ns) {
  stop_ns_ = now_ns;
  stop_reason_ = reason;
  stop_deadline_ns_ = deadline_ns;
  SendStops(now_ns);
}

void StageRun::SendStops(int64_t now_ns) {
  stop_sent_ns_ = now_ns;
  v1::CoordinatorMessage message;
  message.mutable_stop()->set_reason(stop_reason_);
  for (uint32_t agent = 0; agent < roster_.size(); ++agent) {
    if (!merge_.over(agent)) roster_.Send(agent, message);
  }
}

void StageRun::OnTick(int64_t now_ns) {
  BeginIfArmed(barrier_.OnTick(now_ns), now_ns);
  for (uint32_t agent = 0; agent < roster_.size(); ++agent) {
    if (merge_.over(agent) || ended_ns_[agent] == 0) continue;
    // What an agent cannot give any more is not waited for: the run says that it is incomplete.
    if (now_ns - ended_ns_[agent] > roster_.lease_ns()) GiveUpReports(agent, now_ns);
    if (now_ns - asked_ns_ >= kRepeatNs) AskForMissing(agent, now_ns);
  }
  if (now_ns - asked_ns_ >= kRepeatNs) asked_ns_ = now_ns;
  if (throughput_ != nullptr && stop_ns_ == 0) throughput_->OnTick(now_ns);
  if (stop_ns_ != 0 && now_ns - stop_sent_ns_ >= kRepeatNs) SendStops(now_ns);
  while (stop_ns_ != 0 && now_ns > stop_deadline_ns_ && !merge_.done()) {
    Lose(merge_.unfinished(), now_ns);
  }
  KeepAndAcknowledge(now_ns);
}

std::optional<StageRun::Fault> StageRun::TakeFault() { return std::exchange(fault_, std::nullopt); }

void StageRun::Record(bool cut_short, int64_t now_ns) {
  v1::Leg* leg = setup_.leg;
  for (uint32_t agent = 0; agent < starts_.size(); ++agent) {
    if (roster_.lost(agent)) continue;
    const int64_t bound_ns = roster_.clock(agent).BoundAt(now_ns);
    starts_[agent].clock_bound_ns = std::max(starts_[agent].clock_bound_ns, bound_ns);
    starts_[agent].wander_ns = roster_.clock(agent).OffsetAt(now_ns) - offsets_ns_[agent];
  }
  leg->set_duplicate_reports(leg->duplicate_reports() + merge_.duplicates());
  leg->set_repeated_reports(leg->repeated_reports() + asked_again_);
  if (throughput_ != nullptr) throughput_->Record(leg);
  if (merge_.lost() > 0) {
    AddReason(setup_.tolerates_loss ? v1::VALIDITY_PARTIAL : v1::VALIDITY_INVALID,
              absl::StrCat(merge_.lost(), " planned operations were lost with their agent"),
              leg->mutable_verdict());
  }
  RecordStage({.task = setup_.step.task,
               .scenario = setup_.scenario,
               .ends = ends_,
               .starts = starts_,
               .seconds_merged = seconds_merged_,
               .cut_short = cut_short},
              merge_, leg);
  watch_.Record(cut_short, port_, leg);
}

void StageRun::JudgeGates(const std::vector<v1::AgentFacts>& agents, bool overridden) {
  watch_.JudgeGates(
      {.agents = agents,
       .starts = starts_,
       .max_start_skew_ns = setup_.max_start_skew_ns,
       .indulgence = {.overridden = overridden, .tolerates_loss = setup_.tolerates_loss}},
      port_, setup_.leg);
}

}  // namespace weir
