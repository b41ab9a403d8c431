#include "reports/fairness.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"

#include "reports/comparison_design.h"

namespace weir {
namespace {

constexpr char kKept[] = "what is acknowledged survives a crash";
constexpr char kLastMoments[] = "the last moments may be lost in a crash";
constexpr char kLost[] = "everything may be lost in a crash";
constexpr char kReadsSeeAll[] = "a read sees every acknowledged write";
constexpr char kAccountDefault[] = "as the account has it";

// "SYNCHRONOUS_COMMIT_REMOTE_WRITE" less "SYNCHRONOUS_COMMIT_".
std::string ValueWords(const std::string& name, const std::string& prefix) {
  return absl::AsciiStrToLower(
      absl::StrReplaceAll(name.substr(std::min(prefix.size(), name.size())), {{"_", " "}}));
}

std::string Disclosed(const v1::Leg* leg, const std::string& name) {
  if (leg == nullptr) return "";
  for (const v1::Condition& condition : leg->conditions()) {
    if (condition.name() == name) return condition.value();
  }
  return "";
}

Promise PostgresDurability(const v1::PostgresTarget& target, const v1::Leg* leg) {
  if (target.unlogged()) return {kLost, "UNLOGGED table"};
  if (Disclosed(leg, "fsync") == "off") return {kLost, "fsync off"};
  const std::string commit =
      ValueWords(v1::SynchronousCommit_Name(target.synchronous_commit()), "SYNCHRONOUS_COMMIT_");
  const std::string words = absl::StrCat("synchronous_commit ", commit);
  return {target.synchronous_commit() == v1::SYNCHRONOUS_COMMIT_OFF ? kLastMoments : kKept, words};
}

Promise SqliteDurability(const v1::SqliteTarget& target) {
  if (target.path() == ":memory:") return {kLost, "a database in memory"};
  const std::string words = absl::StrCat(
      "journal_mode ", ValueWords(v1::JournalMode_Name(target.journal_mode()), "JOURNAL_MODE_"),
      ", synchronous ",
      ValueWords(v1::SqliteSynchronous_Name(target.synchronous()), "SQLITE_SYNCHRONOUS_"));
  const bool no_journal = target.journal_mode() == v1::JOURNAL_MODE_OFF ||
                          target.journal_mode() == v1::JOURNAL_MODE_MEMORY;
  if (no_journal || target.synchronous() == v1::SQLITE_SYNCHRONOUS_OFF) return {kLost, words};
  return {target.synchronous() == v1::SQLITE_SYNCHRONOUS_NORMAL ? kLastMoments : kKept, words};
}

Promise Durability(const FairnessTarget& of) {
  const v1::Target& target = *of.target;
  if (target.has_postgres()) return PostgresDurability(target.postgres(), of.leg);
  if (target.has_sqlite()) return SqliteDurability(target.sqlite());
  if (!target.has_cosmos()) return {"", "nothing is stored", true};
  const std::string disclosed = Disclosed(of.leg, "durability");
  if (disclosed.starts_with("none")) return {kLost, "the emulator keeps everything in memory"};
  if (disclosed.starts_with("one copy")) return {kKept, "one copy, synced by the emulator"};
  return {kKept, "acknowledged by a majority of replicas"};
}

// What Azure promises of a level, "bounded staleness" or "BoundedStaleness".
std::string LevelWords(const std::string& level) {
  const std::string name =
      absl::StrReplaceAll(absl::AsciiStrToLower(level), {{" ", ""}, {"_", ""}});
  if (name == "strong") return kReadsSeeAll;
  if (name == "boundedstaleness") return "reads lag behind by a bounded time";
  if (name == "session") return "a client's reads see its own writes";
  if (name == "consistentprefix") return "reads see writes in order, some of them late";
  if (name == "eventual") return "reads may see any earlier state";
  return level;
}

Promise Consistency(const FairnessTarget& of) {
  const v1::Target& target = *of.target;
  if (target.has_postgres()) return {kReadsSeeAll, "one primary"};
  if (target.has_sqlite()) return {kReadsSeeAll, "one file"};
  if (!target.has_cosmos()) return {"", "nothing is stored", true};
  const v1::Consistency level = target.cosmos().consistency();
  if (level == v1::CONSISTENCY_STRONG) return {kReadsSeeAll, "consistency strong"};
  if (level != v1::CONSISTENCY_ACCOUNT_DEFAULT) {
    const std::string words = ValueWords(v1::Consistency_Name(level), "CONSISTENCY_");
    return {LevelWords(words), absl::StrCat("consistency ", words)};
  }
  const std::string disclosed = Disclosed(of.leg, "consistency");
  if (disclosed.empty()) return {kAccountDefault, "account_default"};
  // "Session (the account's)"
  const std::string in_force = disclosed.substr(0, disclosed.find(" ("));
  return {LevelWords(in_force), absl::StrCat("consistency ", disclosed)};
}

Promise Indexes(const FairnessTarget& of) {
  const v1::Target& target = *of.target;
  v1::IndexSet set = v1::INDEX_SET_QUERIED;
  if (target.has_null()) return {"", "nothing is stored", true};
  if (target.has_postgres()) set = target.postgres().indexes();
  if (target.has_cosmos()) set = target.cosmos().indexes();
  switch (set) {
    case v1::INDEX_SET_NONE:
      return {"only the keys", "indexes none"};
    case v1::INDEX_SET_ALL:
      return {"every field", "indexes all"};
    default:
      return {"what the queries need", "indexes queried"};
  }
}

Promise Batch(const FairnessTarget& of) {
  const uint32_t batch = of.target->batch();
  if (batch == 0) return {"as the scenario says", "no batch of its own"};
  return {absl::StrCat(batch, batch == 1 ? " record" : " records"), "its batch"};
}

struct Aspect {
  v1::Fairness aspect;
  const char* name;
  Promise (*promise)(const FairnessTarget& of);
};

constexpr Aspect kAspects[] = {{v1::FAIRNESS_DURABILITY, "durability", &Durability},
                               {v1::FAIRNESS_CONSISTENCY, "consistency", &Consistency},
                               {v1::FAIRNESS_INDEXES, "indexes", &Indexes},
                               {v1::FAIRNESS_BATCH, "batch", &Batch}};

bool Differ(const std::vector<Promise>& promises) {
  std::set<std::string> kept;
  for (const Promise& promise : promises) {
    if (!promise.open) kept.insert(promise.kept);
  }
  return kept.size() > 1;
}

}  // namespace

std::vector<FairnessRow> FairnessLedger(const v1::Comparison& comparison,
                                        const std::vector<FairnessTarget>& targets) {
  std::vector<FairnessRow> ledger;
  for (const Aspect& aspect : kAspects) {
    FairnessRow row{.aspect = aspect.aspect, .name = aspect.name};
    for (const FairnessTarget& target : targets) row.promises.push_back(aspect.promise(target));
    row.differs = Differ(row.promises);
    const auto& known = comparison.acknowledge();
    row.acknowledged = std::find(known.begin(), known.end(), aspect.aspect) != known.end();
    ledger.push_back(std::move(row));
  }
  return ledger;
}

std::vector<FairnessTarget> FairnessTargets(const v1::RunResult& run, const std::string& scenario) {
  std::vector<FairnessTarget> targets;
  for (const v1::Scenario& specified : run.campaign().scenarios()) {
    if (specified.name() != scenario) continue;
    for (const uint32_t index : TargetsOf(run.campaign(), specified)) {
      targets.push_back({&run.campaign().targets(static_cast<int>(index)), nullptr});
    }
  }
  // The same target discloses the same in every scenario.
  for (FairnessTarget& of : targets) {
    const auto& legs = run.legs();
    const auto told = std::find_if(legs.begin(), legs.end(), [&of](const v1::Leg& leg) {
      return leg.target() == of.target->name() && leg.conditions_size() > 0;
    });
    if (told != legs.end()) of.leg = &*told;
  }
  return targets;
}

std::string DifferenceWords(const FairnessRow& row, const std::vector<FairnessTarget>& targets) {
  std::vector<std::string> parts;
  for (size_t i = 0; i < row.promises.size(); ++i) {
    const Promise& promise = row.promises[i];
    if (promise.open) continue;
    parts.push_back(
        absl::StrCat(targets[i].target->name(), ": ", promise.kept, " (", promise.words, ")"));
  }
  return absl::StrJoin(parts, "; ");
}

std::string RankingRefusal(const std::vector<FairnessRow>& ledger,
                           const std::vector<FairnessTarget>& targets) {
  std::vector<std::string> reasons;
  for (const FairnessRow& row : ledger) {
    if (!row.differs || row.acknowledged) continue;
    reasons.push_back(absl::StrCat(row.name, " differs: ", DifferenceWords(row, targets)));
  }
  return absl::StrJoin(reasons, "; ");
}

}  // namespace weir
