#include "reports/disclosure.h"

#include <algorithm>
#include <array>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "measure/tally.h"
#include "reports/metrics.h"
#include "reports/quantity.h"
#include "reports/result_row.h"

namespace weir {
namespace {

using Conditions = google::protobuf::RepeatedPtrField<v1::Condition>;

// Empty: not disclosed. The same for a condition that could not be had.
std::string Find(const Conditions& conditions, absl::string_view name) {
  for (const v1::Condition& condition : conditions) {
    if (condition.name() == name) return condition.value();
  }
  return "";
}

// "name: value; name: value" of those whose name begins so.
std::string FindAll(const Conditions& conditions, absl::string_view prefix) {
  std::vector<std::string> found;
  for (const v1::Condition& condition : conditions) {
    if (!absl::StartsWith(condition.name(), prefix)) continue;
    found.push_back(absl::StrCat(condition.name().substr(prefix.size()), ": ", condition.value()));
  }
  return absl::StrJoin(found, "; ");
}

std::string Number(uint64_t number) { return number == 0 ? "" : absl::StrCat(number); }

// --------------------------------------------------------------------------------- of the run

struct RunItem {
  absl::string_view name;
  absl::string_view source;
  std::string (*value)(const v1::RunResult&);
};

std::string Digest(const v1::RunResult& run) { return Find(run.conditions(), "SHA-256"); }

std::string NotRun(const v1::RunResult& run) {
  std::vector<std::string> left_out;
  for (const v1::Leg& leg : run.legs()) {
    if (leg.results_size() > 0) continue;
    left_out.push_back(absl::StrCat(leg.scenario(), " on ", leg.target()));
  }
  return left_out.empty() ? "none" : absl::StrJoin(left_out, ", ");
}

// A run carries out its campaign once: there is nothing that it could have left out of a choice.
std::string Repeats(const v1::RunResult&) {
  return "none: every leg was driven once, and what it measured is in this report";
}

constexpr auto kRunItems = std::to_array<RunItem>({
    {"version, commit and build type", "run.version",
     [](const v1::RunResult& run) { return run.version(); }},
    {"compiler", "run.conditions",
     [](const v1::RunResult& run) { return Find(run.conditions(), "compiler"); }},
    {"compiler flags", "run.conditions",
     [](const v1::RunResult& run) { return Find(run.conditions(), "compiler flags"); }},
    {"campaign text", "run.campaign_text",
     [](const v1::RunResult& run) {
       return run.campaign_text().empty()
                  ? ""
                  : absl::StrCat(run.campaign_text().size(), " bytes, in this report");
     }},
    {"campaign digest", "run.conditions", Digest},
    {"seed", "run.campaign.seed",
     [](const v1::RunResult& run) { return absl::StrCat(run.campaign().seed()); }},
    {"records of the dataset", "run.campaign.dataset",
     [](const v1::RunResult& run) { return Number(run.campaign().dataset().records()); }},
    {"agents", "run.agents",
     [](const v1::RunResult& run) { return Number(static_cast<uint64_t>(run.agents_size())); }},
    {"not run", "run.legs", NotRun},
    {"repeated or discarded", "run.legs", Repeats},
});

// --------------------------------------------------------------------------------- of an agent

struct AgentItem {
  absl::string_view name;
  absl::string_view source;
  std::string (*value)(const v1::AgentFacts&);
};

template <const char* name>
std::string Machine(const v1::AgentFacts& agent) {
  return Find(agent.conditions(), name);
}
constexpr char kGovernor[] = "CPU governor";
constexpr char kIdleStates[] = "idle states";
constexpr char kSmt[] = "SMT";
constexpr char kNuma[] = "NUMA nodes";
constexpr char kClock[] = "clock source";
constexpr char kCpuLimit[] = "CPU limit";
constexpr char kMemoryLimit[] = "memory limit";
constexpr char kVirtual[] = "virtualisation";
constexpr char kLink[] = "link speed";
constexpr char kType[] = "machine type";
constexpr char kZone[] = "zone";

constexpr auto kAgentItems = std::to_array<AgentItem>({
    {"version", "agents.version", [](const v1::AgentFacts& agent) { return agent.version(); }},
    {"host", "agents.host", [](const v1::AgentFacts& agent) { return agent.host(); }},
    {"kernel", "agents.kernel", [](const v1::AgentFacts& agent) { return agent.kernel(); }},
    {"CPU", "agents.cpu_model", [](const v1::AgentFacts& agent) { return agent.cpu_model(); }},
    {"cores", "agents.cores", [](const v1::AgentFacts& agent) { return Number(agent.cores()); }},
    {"workers", "agents.workers",
     [](const v1::AgentFacts& agent) { return Number(agent.workers()); }},
    {"memory", "agents.memory_bytes",
     [](const v1::AgentFacts& agent) {
       return agent.memory_bytes() == 0 ? "" : BytesText(static_cast<double>(agent.memory_bytes()));
     }},
    {kGovernor, "agents.conditions", Machine<kGovernor>},
    {kIdleStates, "agents.conditions", Machine<kIdleStates>},
    {kSmt, "agents.conditions", Machine<kSmt>},
    {kNuma, "agents.conditions", Machine<kNuma>},
    {kClock, "agents.conditions", Machine<kClock>},
    {kCpuLimit, "agents.conditions", Machine<kCpuLimit>},
    {kMemoryLimit, "agents.conditions", Machine<kMemoryLimit>},
    {kVirtual, "agents.conditions", Machine<kVirtual>},
    {kLink, "agents.conditions", Machine<kLink>},
    {kType, "agents.conditions", Machine<kType>},
    {kZone, "agents.conditions", Machine<kZone>},
    {"clock offset and its bound", "agents.clock_offset_ns",
     [](const v1::AgentFacts& agent) {
       if (agent.clock_offset_bound_ns() == 0) return std::string();
       return absl::StrFormat("%.3f ms ± %.3f ms",
                              static_cast<double>(agent.clock_offset_ns()) / 1e6,
                              static_cast<double>(agent.clock_offset_bound_ns()) / 1e6);
     }},
});

// ---------------------------------------------------------------------------------- of a leg

struct LegItem {
  absl::string_view backend;  // "leg": of every backend
  absl::string_view name;
  absl::string_view source;
  std::string (*value)(const v1::RunResult&, const v1::Leg&);
};

template <const char* name>
std::string Stated(const v1::RunResult&, const v1::Leg& leg) {
  return Find(leg.conditions(), name);
}
template <const char* prefix>
std::string AllStated(const v1::RunResult&, const v1::Leg& leg) {
  return FindAll(leg.conditions(), prefix);
}
constexpr char kRoundTrip[] = "round trip";
constexpr char kServerVersion[] = "server_version";
constexpr char kServer[] = "server";
constexpr char kFsync[] = "fsync";
constexpr char kSynchronousCommit[] = "synchronous_commit";
constexpr char kFullPageWrites[] = "full_page_writes";
constexpr char kTableDefinition[] = "table definition";
constexpr char kIndex[] = "index ";
constexpr char kTable[] = "table ";
constexpr char kTableSize[] = "table size with indexes";
constexpr char kChanged[] = "settings that are not the default";
constexpr char kConsistency[] = "consistency";
constexpr char kRegions[] = "regions";
constexpr char kIndexing[] = "indexing policy";
constexpr char kPartitions[] = "physical partitions";
constexpr char kThroughput[] = "throughput";
constexpr char kRest[] = "REST version";
constexpr char kDurability[] = "durability";
constexpr char kVersion[] = "version";
constexpr char kSynchronous[] = "synchronous";
constexpr char kJournal[] = "journal_mode";

// Of the agents' machines, where the database runs on one of them.
std::string ServerMemory(const v1::RunResult& run, const v1::Leg& leg) {
  if (leg.processes_size() == 0) return "";
  for (const v1::AgentFacts& agent : run.agents()) {
    if (agent.index() != leg.processes(0).agent() || agent.memory_bytes() == 0) continue;
    return BytesText(static_cast<double>(agent.memory_bytes()));
  }
  return "";
}

std::string DatasetDigest(const v1::RunResult&, const v1::Leg& leg) {
  if (!leg.verification().done()) return "";
  return absl::StrCat(leg.verification().digest_found(), ", ", leg.verification().records_found(),
                      " records");
}

std::string Skew(const v1::RunResult&, const v1::Leg& leg) {
  std::vector<std::string> keys;
  for (const v1::OperationFacts& operation : leg.operations()) {
    keys.push_back(absl::StrCat(operation.name(), ": ",
                                operation.keys().empty() ? "no keys drawn" : operation.keys()));
  }
  return absl::StrJoin(keys, "; ");
}

v1::Tally MeasuredCounts(const v1::Leg& leg) {
  v1::Tally counts;
  for (const v1::PhaseResult& result : leg.results()) {
    if (result.phase() == v1::PHASE_MEASURE) AddCounts(result.total(), &counts);
  }
  return counts;
}

std::string Operations(const v1::RunResult&, const v1::Leg& leg) {
  if (!HasPhase(leg, v1::PHASE_MEASURE)) return "";
  const v1::Tally n = MeasuredCounts(leg);
  return absl::StrCat("planned ", n.planned(), ", issued ", n.attempts() - n.retries(), ", ok ",
                      n.ok(), ", not found ", n.not_found(), ", conflict ", n.conflict(),
                      ", throttled ", n.throttled(), ", timed out ", n.timed_out(), ", failed ",
                      n.failed(), ", in doubt ", n.in_doubt(), ", unsent ", n.unsent(), ", lost ",
                      n.lost());
}

std::string Retries(const v1::RunResult&, const v1::Leg& leg) {
  if (!HasPhase(leg, v1::PHASE_MEASURE)) return "";
  const v1::Tally n = MeasuredCounts(leg);
  return absl::StrCat(n.retries(), " retries, ", n.throttled_attempts(), " of ", n.attempts(),
                      " attempts throttled (429)");
}

std::string Gates(const v1::RunResult&, const v1::Leg& leg) {
  if (leg.gates_size() == 0) return "";
  std::set<std::string> failed;
  for (const v1::GateResult& gate : leg.gates()) {
    if (!gate.passed()) failed.insert(gate.name());
  }
  return absl::StrCat(leg.gates_size(),
                      " judged, failed: ", failed.empty() ? "none" : absl::StrJoin(failed, ", "));
}

std::string WarmUpCut(const v1::RunResult&, const v1::Leg& leg) {
  const v1::Steadiness& steadiness = leg.steadiness();
  if (!steadiness.judged()) {
    return steadiness.reasons_size() == 0
               ? ""
               : absl::StrCat("not judged: ", absl::StrJoin(steadiness.reasons(), "; "));
  }
  return steadiness.steady()
             ? absl::StrCat(steadiness.cut_seconds(), " s")
             : absl::StrCat("NOT STEADY: ", absl::StrJoin(steadiness.reasons(), "; "));
}

std::string Checkpoints(const v1::RunResult&, const v1::Leg& leg) {
  if (!leg.has_evidence()) return "";
  std::vector<std::string> events;
  for (const v1::ServerEvent& event : leg.evidence().events()) {
    events.push_back(absl::StrCat(event.what(), " at second ", event.second()));
  }
  return events.empty() ? "none seen" : absl::StrJoin(events, "; ");
}

std::string CpuPerOperation(const v1::RunResult& run, const v1::Leg& leg) {
  const auto row = TotalRow(run, leg, v1::PHASE_MEASURE);
  if (!row.ok()) return "";
  const auto agents = ValueOf("agent_cpu_per_operation_us", *row);
  const auto database = ValueOf("database_cpu_per_operation_us", *row);
  if (!agents && !database) return "";
  const auto text = [](const std::optional<double>& us) {
    return us ? DurationText(*us) : std::string(kNotDisclosed);
  };
  return absl::StrCat("agents ", text(agents), ", database ", text(database));
}

std::string RawResult(const v1::RunResult&, const v1::Leg& leg) {
  return leg.results_size() == 0 ? ""
                                 : absl::StrCat("run.legs[", leg.index(), "] of report.json; tags ",
                                                leg.scenario(), "/", leg.target(), "/ of run.hlog");
}

constexpr auto kLegItems = std::to_array<LegItem>({
    {"leg", "schedule digest", "leg.plan_digest",
     [](const v1::RunResult&, const v1::Leg& leg) { return leg.plan_digest(); }},
    {"leg", "dataset digest", "leg.verification", DatasetDigest},
    {"leg", "keys", "leg.operations.keys", Skew},
    {"leg", "operations", "leg.results", Operations},
    {"leg", "retries and throttling", "leg.results", Retries},
    {"leg", "gates", "leg.gates", Gates},
    {"leg", "warm-up cut", "leg.steadiness", WarmUpCut},
    {"leg", "CPU per operation", "leg.resources, leg.processes", CpuPerOperation},
    {"leg", "raw result", "leg.results", RawResult},
    {"postgres", "server", "leg.conditions", Stated<kServer>},
    {"postgres", "server version", "leg.conditions", Stated<kServerVersion>},
    {"postgres", kRoundTrip, "leg.conditions", Stated<kRoundTrip>},
    {"postgres", kFsync, "leg.conditions", Stated<kFsync>},
    {"postgres", kSynchronousCommit, "leg.conditions", Stated<kSynchronousCommit>},
    {"postgres", kFullPageWrites, "leg.conditions", Stated<kFullPageWrites>},
    {"postgres", kChanged, "leg.conditions", Stated<kChanged>},
    {"postgres", kTableDefinition, "leg.conditions", Stated<kTableDefinition>},
    {"postgres", "indexes", "leg.conditions", AllStated<kIndex>},
    {"postgres", kTableSize, "leg.conditions", Stated<kTableSize>},
    {"postgres", "memory of the server", "agents.memory_bytes, leg.processes", ServerMemory},
    {"postgres", "checkpoints and autovacuum", "leg.evidence.events", Checkpoints},
    {"cosmos", kThroughput, "leg.conditions", Stated<kThroughput>},
    {"cosmos", kConsistency, "leg.conditions", Stated<kConsistency>},
    {"cosmos", kRegions, "leg.conditions", Stated<kRegions>},
    {"cosmos", kIndexing, "leg.conditions", Stated<kIndexing>},
    {"cosmos", kPartitions, "leg.conditions", Stated<kPartitions>},
    {"cosmos", kRest, "leg.conditions", Stated<kRest>},
    {"cosmos", kRoundTrip, "leg.conditions", Stated<kRoundTrip>},
    {"cosmos", kDurability, "leg.conditions", Stated<kDurability>},
    {"sqlite", kVersion, "leg.conditions", Stated<kVersion>},
    {"sqlite", kSynchronous, "leg.conditions", Stated<kSynchronous>},
    {"sqlite", kJournal, "leg.conditions", Stated<kJournal>},
    {"sqlite", "tables", "leg.conditions", AllStated<kTable>},
    {"sqlite", "indexes", "leg.conditions", AllStated<kIndex>},
    {"null", kDurability, "leg.conditions", Stated<kDurability>},
});

void Add(const std::string& subject, absl::string_view item, std::string value,
         std::vector<DisclosedItem>* items) {
  items->push_back({subject, item, value.empty() ? kNotDisclosed : std::move(value)});
}

}  // namespace

std::vector<DisclosedItem> DiscloseRun(const v1::RunResult& run) {
  std::vector<DisclosedItem> items;
  for (const RunItem& item : kRunItems) Add("run", item.name, item.value(run), &items);
  for (const v1::AgentFacts& agent : run.agents()) {
    const std::string subject = absl::StrCat("agent ", agent.name());
    for (const AgentItem& item : kAgentItems) Add(subject, item.name, item.value(agent), &items);
  }
  std::set<std::string> searched;
  for (const v1::Leg& leg : run.legs()) {
    const std::string subject = absl::StrCat(leg.scenario(), " on ", leg.target());
    // What a search does differs from probe to probe in nothing that is disclosed.
    if (leg.has_probe() && !searched.insert(subject).second) continue;
    for (const LegItem& item : kLegItems) {
      if (item.backend != "leg" && item.backend != leg.backend()) continue;
      Add(subject, item.name, item.value(run, leg), &items);
    }
  }
  return items;
}

std::vector<DisclosureRule> DisclosureRules() {
  std::vector<DisclosureRule> rules;
  for (const RunItem& item : kRunItems) rules.push_back({"run", item.name, item.source});
  for (const AgentItem& item : kAgentItems) rules.push_back({"agent", item.name, item.source});
  for (const LegItem& item : kLegItems) rules.push_back({item.backend, item.name, item.source});
  return rules;
}

}  // namespace weir
