#include "coordinator/run_recovery.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/clock.h"
#include "base/status.h"
#include "coordinator/abandoned_run.h"
#include "coordinator/agent_checks.h"
#include "coordinator/bottleneck.h"
#include "coordinator/carried_ledger.h"
#include "coordinator/leg_verdict.h"
#include "coordinator/recovered_seconds.h"
#include "coordinator/stage_record.h"
#include "coordinator/stage_watch.h"
#include "measure/tally.h"
#include "reports/probe_scenario.h"

namespace weir {
namespace {

constexpr uint32_t kMostSecondsAhead = 3600;  // of the coordinator's last word
constexpr int64_t kMaxStartSkewNs = 10 * kNsPerMs;

const v1::Scenario& ScenarioOf(const v1::Campaign& campaign, const v1::Leg& leg) {
  const auto& scenarios = campaign.scenarios();
  const auto found = std::find_if(
      scenarios.begin(), scenarios.end(),
      [&](const v1::Scenario& candidate) { return candidate.name() == leg.scenario(); });
  return found == scenarios.end() ? v1::Scenario::default_instance() : *found;
}

class StageRecovery {
 public:
  StageRecovery(const v1::RunResult& run, const RunEvidence& evidence, const SpoolShelf& spools,
                const ReadKept& kept)
      : evidence_(evidence),
        spools_(spools),
        kept_(kept),
        task_(evidence.step->task()),
        stage_(task_ == v1::TASK_LOAD ? v1::PHASE_LOAD : v1::PHASE_MEASURE),
        agents_(static_cast<uint32_t>(run.agents_size())),
        campaign_(run.campaign()),
        scenario_(Driven(run)),
        merge_(agents_),
        watch_(scenario_, task_, agents_),
        told_(agents_),
        ends_(agents_),
        starts_(agents_) {
    result_.run = run;
    result_.leg = evidence.step->leg();
    result_.stage = stage_;
    result_.recovery.set_step(evidence.step->step());
  }

  absl::StatusOr<RecoveredRun> Run() {
    WEIR_RETURN_IF_ERROR(TakeKept());
    for (uint32_t agent = 0; agent < agents_; ++agent) WEIR_RETURN_IF_ERROR(TakeSpool(agent));
    WEIR_RETURN_IF_ERROR(RefuseLess());
    for (uint32_t agent = 0; agent < agents_; ++agent) Finish(agent);
    LoseTheRest();
    CheckSum();
    Record();
    Conclude();
    return std::move(result_);
  }

 private:
  // What became of one agent's part.
  struct Told {
    uint64_t sequence = 0;  // its reports up to here are counted
    uint64_t recovered = 0;
    bool whole = false;   // up to the end of its stage
    std::string missing;  // why not, in words
  };

  const v1::Scenario& Driven(const v1::RunResult& run) {
    const v1::Leg& leg = run.legs(static_cast<int>(evidence_.step->leg()));
    DriveAsProbed(run, leg, &campaign_);
    return ScenarioOf(campaign_, leg);
  }
  v1::Leg& leg() { return *result_.run.mutable_legs(static_cast<int>(result_.leg)); }
  std::string NameOf(uint32_t agent) const {
    return absl::StrCat("agent ", result_.run.agents(static_cast<int>(agent)).name());
  }

  // ------------------------------------------------------------------------------- what is there

  absl::Status TakeKept() {
    const uint32_t end = evidence_.recovery ? evidence_.recovery->first_second() : UINT32_MAX;
    WEIR_RETURN_IF_ERROR(kept_([&](v1::Phase stage, const v1::Interval& second) {
      if (stage != stage_ || second.second() >= end) return absl::OkStatus();
      carried_.AddKept(second);
      ++seconds_kept_;
      return merge_.TakeKept(second, [&](const MergedSecond& shown) { watch_.Add(shown); });
    }));
    result_.first_second = merge_.flushed();
    result_.recovery.set_first_second(result_.first_second);
    for (uint32_t agent = 0; agent < agents_; ++agent) {
      v1::Prepared prepared;
      const auto share = evidence_.shares.find(agent);
      if (share != evidence_.shares.end()) *prepared.mutable_planned() = share->second.planned();
      merge_.Expect(agent, prepared);
    }
    return absl::OkStatus();
  }

  void ShowSecond(const MergedSecond& second) {
    watch_.Add(second);
    result_.seconds.push_back(second.ToProto());
  }
  auto OnSecond() {
    return [this](const MergedSecond& second) { ShowSecond(second); };
  }

  ReportBounds Bounds() const {
    const int64_t since_ns = evidence_.last_unix_ns - evidence_.go->start_unix_ns();
    const int64_t seconds = std::max<int64_t>(0, since_ns) / kNsPerSecond + kMostSecondsAhead;
    const auto operations = result_.run.legs(static_cast<int>(result_.leg)).operations_size();
    return {.operations = static_cast<uint32_t>(operations),
            .last_second = static_cast<uint32_t>(std::min<int64_t>(seconds, UINT32_MAX - 1))};
  }

  // Reports of seconds that are kept are counted, whether the journal came to say so or not.
  absl::Status TakeSpool(uint32_t agent) {
    Told& told = told_[agent];
    told.sequence = agent < evidence_.kept.size() ? evidence_.kept[agent] : 0;
    if (evidence_.lost.contains(agent)) {
      told.missing = "it was lost before the coordinator was";
      merge_.Resume(agent, told.sequence);
      return absl::OkStatus();
    }
    bool resumed = false;
    ReportView view;
    WEIR_RETURN_IF_ERROR(spools_.ForEachReport(agent, [&](const v1::IntervalReport& report) {
      if (report.sequence() <= told.sequence) return absl::OkStatus();  // kept, or there twice
      view.Read(report);
      const bool next = report.sequence() == told.sequence + 1;
      if (!resumed && next && view.second() < result_.first_second) {
        ++told.sequence;
        return absl::OkStatus();
      }
      if (!std::exchange(resumed, true)) merge_.Resume(agent, told.sequence);
      if (told.missing.empty()) Take(agent, view);
      return absl::OkStatus();
    }));
    if (!resumed) merge_.Resume(agent, told.sequence);
    return absl::OkStatus();
  }

  void Take(uint32_t agent, const ReportView& report) {
    Told& told = told_[agent];
    if (report.sequence() > told.sequence + 1) {
      told.missing = absl::StrCat("report ", told.sequence + 1, " is not in its spool");
      return;
    }
    if (const absl::Status sound = CheckReport(report, Bounds()); !sound.ok()) {
      told.missing = absl::StrCat(kUnsound, sound.message());
      return;
    }
    const auto taken = merge_.Add(agent, report, OnSecond());
    if (!taken.ok()) {
      told.missing = std::string(taken.status().message());
      return;
    }
    if (result_.first_second > 0) carried_.Book(report);
    told.sequence = report.sequence();
    ++told.recovered;
  }

  // What was recovered once is not replaced by less.
  absl::Status RefuseLess() {
    for (uint32_t agent = 0; agent < agents_; ++agent) {
      result_.recovery.add_sequences(told_[agent].sequence);
      if (!evidence_.recovery) continue;
      const auto before = static_cast<int>(agent) < evidence_.recovery->sequences_size()
                              ? evidence_.recovery->sequences(static_cast<int>(agent))
                              : 0;
      if (told_[agent].sequence >= before) continue;
      return absl::FailedPreconditionError(absl::StrCat(
          NameOf(agent), " told of ", before, " reports in an earlier recovery and of ",
          told_[agent].sequence, " now: name the folders of all spools again"));
    }
    return absl::OkStatus();
  }

  // ----------------------------------------------------------------------------- what is missing

  std::string WhyNotWhole(uint32_t agent) const {
    if (!told_[agent].missing.empty()) return told_[agent].missing;
    const std::string damage = absl::StrJoin(spools_.Damage(agent), "; ");
    const std::string damaged = damage.empty() ? "" : absl::StrCat(": ", damage);
    if (!spools_.Has(agent)) return "its spool is not among those given";
    const v1::StageDone* end = spools_.End(agent);
    if (end == nullptr) {
      return absl::StrCat("its spool ends with report ", told_[agent].sequence,
                          " and does not tell how its part ended", damaged);
    }
    if (end->missed_start()) return "it missed the start";
    if (end->last_sequence() == told_[agent].sequence) return "";
    return absl::StrCat("it sent ", end->last_sequence(), " reports, ", told_[agent].sequence,
                        " are there", damaged);
  }

  void Finish(uint32_t agent) {
    Told& told = told_[agent];
    told.missing = WhyNotWhole(agent);
    starts_[agent].name = result_.run.agents(static_cast<int>(agent)).name();
    if (!told.missing.empty()) return;
    told.whole = true;
    const v1::StageDone& done = *spools_.End(agent);
    if (const absl::Status sound = CheckStageDone(done, Bounds()); !sound.ok()) {
      told.missing = absl::StrCat(kUnsound, sound.message());
      told.whole = false;
      return;
    }
    ends_[agent] = done;
    carried_.Settle(done.totals());
    const absl::Status status = merge_.Finish(agent, done, OnSecond());
    if (!status.ok()) Doubt(std::string(status.message()));
    NoteStart(agent, done);
  }

  void NoteStart(uint32_t agent, const v1::StageDone& done) {
    const auto index = static_cast<int>(agent);
    if (index >= evidence_.go->offsets_ns_size() || index >= evidence_.go->bounds_ns_size()) return;
    starts_[agent].bound_ns = evidence_.go->bounds_ns(index);
    starts_[agent].clock_bound_ns = starts_[agent].bound_ns;
    const int64_t skew_ns =
        done.started_ns() - evidence_.go->offsets_ns(index) - evidence_.go->start_ns();
    if (done.started_ns() == 0 || (done.stopped_early() && skew_ns < 0)) return;
    starts_[agent].known = true;
    starts_[agent].skew_ns = skew_ns;
  }

  // What an agent was to do that does not tell: as far as the others got, and at least as far as
  // the coordinator lived.
  uint32_t EndForTheMissing() const {
    const int64_t since_ns = evidence_.last_unix_ns - evidence_.go->start_unix_ns();
    const int64_t lived = (std::max<int64_t>(0, since_ns) + kNsPerSecond - 1) / kNsPerSecond;
    return std::max(merge_.end(), static_cast<uint32_t>(std::min<int64_t>(lived, INT32_MAX)));
  }

  void LoseTheRest() {
    const uint32_t end = EndForTheMissing();
    for (uint32_t agent = 0; agent < agents_; ++agent) {
      if (told_[agent].whole) continue;
      const auto share = evidence_.shares.find(agent);
      if (share != evidence_.shares.end()) carried_.Miss(share->second.planned());
    }
    // Who told what of the kept seconds is not known: their missing part is of all who are missing.
    const bool carried = result_.first_second > 0;
    if (carried && carried_.Overdrawn()) {
      Doubt("the spools tell of more than fell due in the seconds that were kept");
    }
    if (carried && !merge_.done()) merge_.LoseCarried(carried_.Open());
    if (carried && merge_.done() && !carried_.Open().empty()) {
      Doubt("operations of the seconds that were kept are unaccounted for");
    }
    for (uint32_t agent = 0; agent < agents_; ++agent) {
      if (told_[agent].whole) continue;
      NoteLostShare(agent);
      const auto lost = evidence_.lost.find(agent);
      merge_.Lose(agent, lost == evidence_.lost.end() ? end : lost->second, OnSecond());
    }
    result_.lost = merge_.lost();
  }

  void NoteLostShare(uint32_t agent) {
    v1::LostShare* lost = leg().add_lost_shares();
    lost->set_stage(stage_);
    lost->set_share_index(agent);
    lost->set_share_count(agents_);
  }

  // Where every agent told everything, what is there must be what they counted, to the bit (R42).
  void CheckSum() {
    const bool all =
        std::all_of(told_.begin(), told_.end(), [](const Told& told) { return told.whole; });
    if (!all) return;
    std::map<std::pair<v1::Phase, uint32_t>, std::unique_ptr<Tally>> counted;
    for (const v1::StageDone& end : ends_) {
      for (const v1::PhaseResult& total : end.totals()) {
        std::unique_ptr<Tally>& sum = counted[{total.phase(), total.operation()}];
        if (sum == nullptr) sum = std::make_unique<Tally>();
        if (const absl::Status added = sum->Add(total.total()); !added.ok()) {
          return Doubt(std::string(added.message()));
        }
      }
    }
    const auto& merged = merge_.totals();
    const bool same = std::all_of(merged.begin(), merged.end(), [&](const auto& entry) {
      const auto found = counted.find(entry.first);
      return found != counted.end() && found->second->ToProto().SerializeAsString() ==
                                           entry.second->ToProto().SerializeAsString();
    });
    if (!same) Doubt("what was kept and recovered does not add up to what the agents counted");
  }

  void Doubt(const std::string& what) {
    sound_ = false;
    AddReason(v1::VALIDITY_INVALID, what, leg().mutable_verdict());
  }

  // ------------------------------------------------------------------------------- what is said

  void Record() {
    RecoveredSeconds seconds(kept_, stage_, result_.first_second, result_.seconds);
    std::string early;
    for (uint32_t agent = 0; agent < agents_; ++agent) {
      const v1::StageDone& end = ends_[agent];
      if (!early.empty() || (!end.stopped_early() && end.error().empty())) continue;
      early = absl::StrCat(NameOf(agent), " stopped before the end",
                           end.error().empty() ? "" : ": ", end.error());
    }
    const bool all =
        std::all_of(told_.begin(), told_.end(), [](const Told& told) { return told.whole; });
    result_.whole = all && sound_ && early.empty();
    SayWhatIsThere(early);
    RecordStage({.task = task_,
                 .scenario = scenario_,
                 .ends = ends_,
                 .starts = starts_,
                 .seconds_merged = merge_.flushed(),
                 .cut_short = !result_.whole},
                merge_, &leg());
    watch_.Record(!result_.whole, seconds, &leg());
    const std::vector<v1::AgentFacts> facts(result_.run.agents().begin(),
                                            result_.run.agents().end());
    watch_.JudgeGates({.agents = facts,
                       .starts = starts_,
                       .max_start_skew_ns = kMaxStartSkewNs,
                       .indulgence = {}},
                      seconds, &leg());
  }

  void SayWhatIsThere(const std::string& early) {
    v1::ValidityVerdict* verdict = leg().mutable_verdict();
    AddReason(v1::VALIDITY_PARTIAL,
              absl::StrCat("the coordinator died; recovered from the spools of ", spools_.agents(),
                           " of ", agents_, " agents: ", seconds_kept_, " seconds had been kept, ",
                           result_.seconds.size(), " came from the spools"),
              verdict);
    for (uint32_t agent = 0; agent < agents_; ++agent) {
      if (told_[agent].whole) continue;
      AddReason(v1::VALIDITY_INVALID, absl::StrCat(NameOf(agent), ": ", told_[agent].missing),
                verdict);
    }
    if (result_.lost > 0) {
      AddReason(v1::VALIDITY_INVALID,
                absl::StrCat(result_.lost, " planned operations of which nobody tells are lost"),
                verdict);
    }
    if (!early.empty()) AddReason(v1::VALIDITY_INVALID, early, verdict);
  }

  // Nothing of the leg may be left to do for its numbers to be those of a leg.
  bool LegOver() const {
    if (!result_.whole) return false;
    const v1::Phases& phases = scenario_.phases();
    const bool drives = phases.warm_up().ns() + phases.measure().ns() > 0;
    return task_ == v1::TASK_DRIVE || (!drives && !phases.load().verify());
  }

  void Conclude() {
    if (LegOver()) {
      JudgeLeg(campaign_, &leg());
      const auto& targets = campaign_.targets();
      const auto target = std::find_if(targets.begin(), targets.end(), [&](const v1::Target& t) {
        return t.name() == leg().target();
      });
      if (target != targets.end()) NameBottleneck(scenario_, *target, &leg());
    } else {
      leg().set_failure("not run to its end: the coordinator ended before the run did");
      JudgeLeg(campaign_, &leg());
    }
    // A run of which nothing is missing but its coordinator. A search would have gone on.
    const bool over =
        !campaign_.has_capacity() &&
        std::all_of(result_.run.legs().begin(), result_.run.legs().end(), [](const v1::Leg& other) {
          return other.verdict().validity() != v1::VALIDITY_UNKNOWN;
        });
    ConcludeAbandoned(evidence_, &result_.run, over ? v1::VALIDITY_PARTIAL : v1::VALIDITY_INVALID);
    JudgeRun(&result_.run);
  }

  const RunEvidence& evidence_;
  const SpoolShelf& spools_;
  const ReadKept& kept_;
  const v1::Task task_;
  const v1::Phase stage_;
  const uint32_t agents_;
  v1::Campaign campaign_;
  const v1::Scenario& scenario_;  // of campaign_
  StageMerge merge_;
  CarriedLedger carried_;
  StageWatch watch_;
  std::vector<Told> told_;
  std::vector<v1::StageDone> ends_;
  std::vector<AgentStart> starts_;
  size_t seconds_kept_ = 0;
  bool sound_ = true;
  RecoveredRun result_;
};

}  // namespace

absl::StatusOr<RecoveredRun> RecoverRun(const v1::RunResult& run, const RunEvidence& evidence,
                                        const SpoolShelf& spools, const ReadKept& kept) {
  return StageRecovery(run, evidence, spools, kept).Run();
}

}  // namespace weir
