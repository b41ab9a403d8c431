#include "simulation/oracle.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/check.h"
#include "base/clock.h"
#include "measure/tally.h"

namespace weir {
namespace {

// Two clocks at 100 ppm the wrong way round, over a lease of some seconds.
constexpr int64_t kDriftNs = 5 * kNsPerMs;
constexpr int64_t kLeaseSlackNs = kNsPerSecond;
constexpr size_t kMostViolations = 20;

uint64_t SettledOf(const v1::Tally& tally) {
  return tally.ok() + tally.not_found() + tally.conflict() + tally.throttled() + tally.timed_out() +
         tally.failed() + tally.in_doubt() + tally.unsent();
}

std::string NameOf(const std::pair<uint32_t, v1::Task>& key) {
  return absl::StrCat("leg ", key.first, " ", v1::Task_Name(key.second));
}

// Whether the leg says that its plan was carried out.
bool CarriedOut(const v1::Leg& leg) {
  const v1::Validity validity = leg.verdict().validity();
  return validity != v1::VALIDITY_INVALID && validity != v1::VALIDITY_PARTIAL;
}

// Agents are named after their nodes: a0, a1, …
uint32_t NodeOf(const v1::AgentFacts& facts) {
  uint32_t node = 0;
  WEIR_CHECK(absl::SimpleAtoi(facts.name().substr(1), &node));
  return node;
}

bool Covers(const v1::Tally& whole, const v1::Tally& part) {
  return whole.planned() >= part.planned() && whole.ok() >= part.ok() &&
         whole.failed() >= part.failed() && whole.throttled() >= part.throttled() &&
         whole.timed_out() >= part.timed_out() && whole.in_doubt() >= part.in_doubt() &&
         whole.unsent() >= part.unsent() && whole.attempts() >= part.attempts() &&
         whole.milli_ru() >= part.milli_ru();
}

}  // namespace

void Oracle::Violate(const std::string& what) {
  if (violations_.size() < kMostViolations) violations_.push_back(what);
}

// ------------------------------------------------------------------------------------- on agents

void Oracle::OnStage(std::shared_ptr<StageBooks> books) {
  stages_[{books->leg, books->task}].books.push_back(std::move(books));
}

void Oracle::OnIssued(int64_t now_ns, const StageBooks& books, uint64_t index) {
  const StageKey key{books.leg, books.task};
  Stage& stage = stages_[key];
  ++operations_;
  const Node& node = nodes_[books.node];
  const auto violate = [&](absl::string_view what) {
    Violate(absl::StrCat(NameOf(key), ", agent ", books.node, ", operation ", index, " at ", now_ns,
                         ": ", what));
  };
  if (stage.armed.size() < agents_) violate("issued before every agent was armed");
  if (!stage.issued.insert(index).second) violate("issued twice");
  if (now_ns > node.granted_true_ns + lease_ns_ + kLeaseSlackNs + kDriftNs + stepped_ns_) {
    violate("issued more than a second after the lease");
  }
  if (node.lost_true_ns >= 0 && now_ns > node.lost_true_ns + node.lost_slack_ns + stepped_ns_) {
    violate("issued after the agent was taken for lost");
  }
}

// Held by the agent alone, whether or not it hears of the coordinator.
void Oracle::CheckBudget(const StageBooks& books) {
  const uint64_t limit = books.budget_milli_ru + books.most_in_a_second + books.most_in_flight;
  if (books.budget_milli_ru == 0 || books.used_milli_ru <= limit) return;
  Violate(absl::StrCat("agent ", books.node, " used ", books.used_milli_ru, " milli-RU of ",
                       books.budget_milli_ru, ", no more than ", books.most_in_a_second,
                       " in a second"));
}

void Oracle::OnReport(const std::shared_ptr<StageBooks>& books, const v1::IntervalReport& report) {
  CheckBudget(*books);
  // A proof that was repeated is forgotten, and with it what is sent again of it.
  if (books->task == v1::TASK_PROVE && report.step() < step_) return;
  auto& reports = stages_[{books->leg, books->task}].reports[books->node];
  const auto [known, first] = reports.emplace(report.sequence(), report.interval());
  if (!first && known->second.SerializeAsString() != report.interval().SerializeAsString()) {
    Violate(absl::StrCat("agent ", books->node, " sent two different reports ", report.sequence()));
  }
}

void Oracle::OnPong(int64_t now_ns, uint32_t node, const v1::Pong& pong) {
  nodes_[node].pongs.emplace(pong.sent_ns(), now_ns);
}

// -------------------------------------------------------------------------------- at the
// coordinator

void Oracle::OnAnswer(int64_t arrived_ns, uint32_t node, const v1::AgentMessage& message) {
  if (message.has_armed() && message.armed().step() == step_) {
    stages_[{message.armed().leg(), message.armed().task()}].armed.insert(node);
  }
  if (parting_true_ns_ == 0) ended_by_true_ns_ = arrived_ns;
  if (message.has_pong()) {
    if (nodes_[node].lost_true_ns < 0 && parting_true_ns_ == 0)
      nodes_[node].measured_true_ns = arrived_ns;
    const auto sent = nodes_[node].pongs.find(message.pong().sent_ns());
    if (sent == nodes_[node].pongs.end()) return;
    nodes_[node].granted_true_ns = std::max(nodes_[node].granted_true_ns, sent->second);
  }
}

void Oracle::OnWord(int64_t now_ns, uint32_t node, const v1::CoordinatorMessage& message) {
  const bool parting = message.has_goodbye() && message.goodbye().exit_code() == 0;
  if (parting && parting_true_ns_ == 0) parting_true_ns_ = now_ns;
  if (message.has_prepare() && message.prepare().step() > step_) {
    step_ = message.prepare().step();
    // A leg is proved, loaded and driven; only the proof may be repeated.
    if (message.prepare().task() == v1::TASK_PROVE) {
      stages_.erase({message.prepare().leg(), v1::TASK_PROVE});
    }
  }
  if (!message.has_acknowledge()) return;
  const v1::Acknowledge& word = message.acknowledge();
  uint64_t& acknowledged = stages_[{word.leg(), word.task()}].acknowledged[node];
  acknowledged = std::max(acknowledged, word.sequence());
}

void Oracle::OnSaid(int64_t now_ns, const std::string& line) {
  const size_t lost = line.find(" was lost: ");
  if (lost == std::string::npos) return;
  anyone_lost_ = true;
  uint32_t node = 0;
  absl::string_view name = absl::string_view(line).substr(0, lost);
  if (!absl::ConsumePrefix(&name, "agent a") || !absl::SimpleAtoi(name, &node)) return;
  nodes_[node].lost_true_ns = now_ns;
  // Whoever is lost for another reason than silence is told to stop, or stops with its lease.
  const bool silent = absl::StrContains(line, "no word");
  nodes_[node].lost_slack_ns = silent ? kDriftNs : lease_ns_ + kLeaseSlackNs;
}

void Oracle::OnSecond(const v1::Leg& leg, v1::Phase phase, const MergedSecond& second) {
  Stage& stage = stages_[{leg.index(), TaskOf(phase)}];
  if (!stage.seconds.insert(second.second).second) {
    Violate(absl::StrCat("second ", second.second, " was merged twice"));
  }
  for (const auto& [key, tally] : second.tallies) {
    const v1::Tally& counts = tally->counts();
    if (key.age > second.second) Violate("an operation is older than its stage");
    const uint32_t intended = key.phase == v1::PHASE_LOAD ? 0 : second.second - key.age;
    Balance& balance = stage.accounts[{intended, key.phase, key.operation}];
    balance.planned += counts.planned();
    balance.settled += SettledOf(counts);
    balance.lost += counts.lost();
    AddCounts(counts, &stage.merged[{key.phase, key.operation}]);
  }
}

// ------------------------------------------------------------------------------------- at the end

// What was acknowledged is in the store, what was journalled is in the journal, and the run is not
// taken for one that went well.
void Oracle::CheckAfterCrash(const Kept& kept, const std::vector<v1::JournalRecord>& journal,
                             const v1::RunResult& run) {
  if (journal.size() < journal_.size()) {
    Violate(
        absl::StrCat("of ", journal_.size(), " journalled records ", journal.size(), " are left"));
  }
  for (size_t i = 0; i < std::min(journal.size(), journal_.size()); ++i) {
    if (journal[i].SerializeAsString() == journal_[i].SerializeAsString()) continue;
    Violate(absl::StrCat("record ", i, " of the journal is another than was written"));
  }
  if (run.state() != v1::RUN_STATE_ABORTED) Violate("a run whose coordinator died is not aborted");
  CheckVerdict(run);
  for (const auto& [key, stage] : stages_) {
    if (key.second != v1::TASK_PROVE) CheckAcknowledged(kept, key, stage);
  }
}

// Every planned operation is accounted for once, nothing is there that no agent counted, and where
// nothing is missing it is to the bit what they counted.
void Oracle::CheckRecovery(const RecoveredRun& recovered, const std::vector<v1::Interval>& stored) {
  const StageKey key{recovered.leg, TaskOf(recovered.stage)};
  const Stage& stage = stages_[key];
  if (stage.store_failed || journal_failed_) return;
  std::map<PhaseOperation, std::unique_ptr<Tally>> sums;
  std::set<uint32_t> seconds;
  for (const v1::Interval& second : stored) {
    if (!seconds.insert(second.second()).second) Violate("a second is there twice");
    for (const v1::OperationInterval& part : second.operations()) {
      std::unique_ptr<Tally>& sum = sums[{part.phase(), part.operation()}];
      if (sum == nullptr) sum = std::make_unique<Tally>();
      if (!sum->Add(part.tally()).ok()) Violate("a recovered second cannot be read");
    }
  }
  std::map<PhaseOperation, CellBook> truth;
  for (const auto& books : stage.books) {
    for (const auto& [operation, cell] : books->totals) truth[operation].Add(cell);
  }
  for (const auto& [operation, sum] : sums) {
    const v1::Tally& counts = sum->counts();
    if (counts.planned() != SettledOf(counts) + counts.lost()) {
      Violate(absl::StrCat(NameOf(key), ": what was recovered does not balance: planned ",
                           counts.planned(), ", settled ", SettledOf(counts), ", lost ",
                           counts.lost()));
    }
    if (SettledOf(counts) > SettledOf(truth[operation].counts)) {
      Violate(absl::StrCat(NameOf(key), ": more was recovered than the agents counted"));
    }
    if (!recovered.whole) continue;
    Tally& tally = ScratchTally();
    truth[operation].AddTo(&tally);
    if (tally.ToProto().SerializeAsString() == sum->ToProto().SerializeAsString()) continue;
    Violate(absl::StrCat(NameOf(key), ": what was recovered is not what the agents counted"));
  }
  for (const v1::PhaseResult& result : recovered.run.legs(static_cast<int>(key.first)).results()) {
    if ((result.phase() == v1::PHASE_LOAD) != (key.second == v1::TASK_LOAD)) continue;
    const std::unique_ptr<Tally>& sum = sums[{result.phase(), result.operation()}];
    if (sum != nullptr &&
        sum->ToProto().SerializeAsString() == result.total().SerializeAsString()) {
      continue;
    }
    Violate(absl::StrCat(NameOf(key), ": the recovered result is not the sum of its seconds"));
  }
}

void Oracle::CheckResult(int64_t now_ns, const v1::RunResult& run) {
  CheckVerdict(run);
  CheckClocks(now_ns, run);
  Kept kept;
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::PhaseResult& result : leg.results()) {
      AddCounts(result.total(), &kept[{leg.index(), result.phase(), result.operation()}]);
    }
  }
  for (const v1::Leg& leg : run.legs()) {
    for (const v1::Task task : {v1::TASK_LOAD, v1::TASK_DRIVE}) {
      const auto stage = stages_.find({leg.index(), task});
      if (stage == stages_.end() || stage->second.books.empty()) continue;
      CheckSkew(run, leg, stage->first, stage->second);
      CheckAccounts(leg, stage->first, stage->second);
      CheckTotals(leg, stage->first, stage->second);
      CheckAcknowledged(kept, stage->first, stage->second);
    }
  }
}

// A run that lost an agent did not carry out its plan.
void Oracle::CheckVerdict(const v1::RunResult& run) {
  const v1::ValidityVerdict& verdict = run.verdict();
  const bool invalid = verdict.validity() == v1::VALIDITY_INVALID;
  if (invalid && verdict.reasons().empty()) Violate("the run is invalid for no reason");
  const bool partial = tolerates_loss_ && verdict.validity() == v1::VALIDITY_PARTIAL;
  if (anyone_lost_ && !invalid && !partial) Violate("a run that lost an agent is not invalid");
  if (!anyone_lost_ && partial) Violate("a run that lost no agent is partial");
  if (run.state() == v1::RUN_STATE_RUNNING) Violate("the run has ended and says it is running");
  if (run.state() != v1::RUN_STATE_FINISHED && !invalid) {
    Violate("a run that did not finish is not invalid");
  }
  for (const v1::Leg& leg : run.legs()) {
    if (leg.verdict().validity() == v1::VALIDITY_UNKNOWN) Violate("a leg has no verdict");
    if (!CarriedOut(leg) && leg.verdict().reasons().empty()) {
      Violate("a leg is invalid or partial for no reason");
    }
  }
}

// The offset is of the last answer, or of one of the ends of the run: of when the message came that
// ended it, which a coordinator that was frozen reads later.
void Oracle::CheckClocks(int64_t now_ns, const v1::RunResult& run) {
  if (stepped_ns_ > 0) return;
  for (const v1::AgentFacts& facts : run.agents()) {
    if (facts.clock_offset_bound_ns() == 0) continue;  // nothing was measured
    const uint32_t node = NodeOf(facts);
    const auto error_ns = [&](int64_t true_ns) {
      return std::abs(facts.clock_offset_ns() - clock_offset_ns_(node, true_ns));
    };
    const int64_t least_ns =
        std::min({error_ns(now_ns), error_ns(parting_true_ns_), error_ns(ended_by_true_ns_),
                  error_ns(nodes_[node].measured_true_ns)});
    if (least_ns <= facts.clock_offset_bound_ns()) continue;
    Violate(absl::StrCat("agent ", node, ": the clock offset is ", least_ns, " ns off, bound ",
                         facts.clock_offset_bound_ns()));
  }
}

// How much later than another an agent began, as reported and in truth. The agreed start, which
// both are told against, falls out.
void Oracle::CheckSkew(const v1::RunResult& run, const v1::Leg& leg, const StageKey& key,
                       const Stage& stage) {
  if (stepped_ns_ > 0 || !CarriedOut(leg)) return;
  struct Start {
    int64_t early_ns;  // the reported skew minus the true start
    int64_t bound_ns;
  };
  std::vector<Start> starts;
  for (const v1::AgentShare& share : leg.shares()) {
    if ((share.phase() == v1::PHASE_LOAD) != (key.second == v1::TASK_LOAD)) continue;
    const auto node = NodeOf(run.agents(static_cast<int>(share.agent())));
    for (const auto& books : stage.books) {
      if (books->node != node || !books->started) continue;
      starts.push_back(
          {share.start_skew_ns() - books->started_true_ns, share.start_skew_bound_ns()});
    }
  }
  for (const Start& start : starts) {
    const int64_t off_ns = std::abs(start.early_ns - starts[0].early_ns);
    if (off_ns <= start.bound_ns + starts[0].bound_ns) continue;
    Violate(absl::StrCat(NameOf(key), ": the start skew is ", off_ns, " ns off, bounds ",
                         start.bound_ns, " and ", starts[0].bound_ns));
  }
}

void Oracle::CheckAccounts(const v1::Leg&, const StageKey& key, const Stage& stage) {
  if (stage.store_failed || journal_failed_) return;
  for (const auto& [account, balance] : stage.accounts) {
    if (balance.planned == balance.settled + balance.lost) continue;
    Violate(absl::StrCat(NameOf(key), ", second ", std::get<0>(account), ", operation ",
                         std::get<2>(account), ": planned ", balance.planned, ", settled ",
                         balance.settled, ", lost ", balance.lost));
  }
}

// The result is the sum of the seconds that were shown, and where nothing went wrong it is, to the
// bit, what the agents counted.
void Oracle::CheckTotals(const v1::Leg& leg, const StageKey& key, const Stage& stage) {
  const bool load = key.second == v1::TASK_LOAD;
  std::map<PhaseOperation, const v1::Tally*> results;
  for (const v1::PhaseResult& result : leg.results()) {
    if ((result.phase() == v1::PHASE_LOAD) != load) continue;
    results[{result.phase(), result.operation()}] = &result.total();
  }
  for (const auto& [operation, total] : results) {
    if (total->planned() == SettledOf(*total) + total->lost()) continue;
    Violate(absl::StrCat(NameOf(key), ": the result does not balance"));
  }
  // After that, seconds are not shown any more.
  if (stage.store_failed || journal_failed_) {
    if (stage.store_failed && leg.verdict().validity() != v1::VALIDITY_INVALID)
      Violate("a leg that was not kept is valid");
    return;
  }
  for (const auto& [operation, merged] : stage.merged) {
    v1::Tally counts;
    if (results.contains(operation)) AddCounts(*results[operation], &counts);
    if (counts.SerializeAsString() == merged.SerializeAsString()) continue;
    Violate(absl::StrCat(NameOf(key), ": the result is not the sum of its seconds"));
  }
  if (!CarriedOut(leg)) return;
  std::map<PhaseOperation, CellBook> truth;
  for (const auto& books : stage.books) {
    if (!books->over) Violate(absl::StrCat(NameOf(key), " is valid and an agent did not end it"));
    for (const auto& [operation, cell] : books->totals) truth[operation].Add(cell);
  }
  if (truth.size() != results.size())
    Violate(absl::StrCat(NameOf(key), ": operations are missing"));
  for (const auto& [operation, cell] : truth) {
    Tally& tally = ScratchTally();
    cell.AddTo(&tally);
    if (results.contains(operation) &&
        results[operation]->SerializeAsString() == tally.ToProto().SerializeAsString()) {
      continue;
    }
    Violate(absl::StrCat(NameOf(key), ": the result is not what the agents counted"));
  }
}

// What was acknowledged is kept, whatever happened afterwards.
void Oracle::CheckAcknowledged(const Kept& kept, const StageKey& key, const Stage& stage) {
  std::map<PhaseOperation, v1::Tally> acknowledged;
  for (const auto& [node, sequence] : stage.acknowledged) {
    const auto reports = stage.reports.find(node);
    if (reports == stage.reports.end()) continue;
    for (const auto& [number, interval] : reports->second) {
      if (number > sequence) break;
      for (const v1::OperationInterval& part : interval.operations()) {
        AddCounts(part.tally(), &acknowledged[{part.phase(), part.operation()}]);
      }
    }
  }
  for (const auto& [operation, counts] : acknowledged) {
    const auto found = kept.find({key.first, operation.first, operation.second});
    if (Covers(found == kept.end() ? v1::Tally() : found->second, counts)) continue;
    Violate(absl::StrCat(NameOf(key), ", operation ", operation.second,
                         ": an acknowledged report was not kept"));
  }
}

void Oracle::ExpectValid(const v1::RunResult& run) {
  if (run.verdict().validity() == v1::VALIDITY_VALID) return;
  Violate(absl::StrCat("nothing went wrong and the run is ",
                       v1::Validity_Name(run.verdict().validity()), ": ",
                       run.verdict().reasons().empty() ? "" : run.verdict().reasons(0)));
}

}  // namespace weir
