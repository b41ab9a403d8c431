#include "coordinator/live/live_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/clock.h"
#include "reports/leg_text.h"
#include "reports/planned_response.h"

namespace weir {
namespace {

using Json = nlohmann::ordered_json;

double Seconds(int64_t ns) { return static_cast<double>(ns) / 1e9; }

Json Micros(std::optional<double> ns) {
  if (!ns) return nullptr;
  if (std::isinf(*ns)) return "inf";
  return *ns / 1e3;
}

Json Known(double share) { return share < 0 ? Json(nullptr) : Json(share); }

Json ResponseJson(const LiveResponse& response) {
  return {{"seconds", response.seconds},
          {"p50_us", Micros(response.p50_ns)},
          {"p90_us", Micros(response.p90_ns)},
          {"p99_us", Micros(response.p99_ns)},
          {"p999_us", Micros(response.p999_ns)}};
}

// Everything that became of operations without success, by class.
Json ErrorsJson(const v1::Tally& counts) {
  return {{"not_found", counts.not_found()}, {"conflict", counts.conflict()},
          {"throttled", counts.throttled()}, {"timed_out", counts.timed_out()},
          {"failed", counts.failed()},       {"in_doubt", counts.in_doubt()},
          {"unsent", counts.unsent()},       {"lost", counts.lost()}};
}

Json CountsJson(const v1::Tally& counts) {
  return {{"planned", counts.planned()},
          {"ok", counts.ok()},
          {"errors", ErrorsJson(counts)},
          {"attempts", counts.attempts()},
          {"retries", counts.retries()},
          {"throttled_attempts", counts.throttled_attempts()},
          {"records", counts.records()},
          {"sent_bytes", counts.bytes_sent()},
          {"received_bytes", counts.bytes_received()},
          {"ru", static_cast<double>(counts.milli_ru()) / 1e3},
          {"wasted_ru", static_cast<double>(counts.wasted_milli_ru()) / 1e3}};
}

Json AgentJson(const LiveAgent& agent) {
  return {{"agent", agent.agent},
          {"ok", agent.succeeded},
          {"unsuccessful", agent.unsuccessful},
          {"records", agent.records},
          {"cpu_cores", Known(agent.cpu_cores)},
          {"busiest_worker", Known(agent.busiest_worker)},
          {"busiest_core", Known(agent.busiest_core)},
          {"resident_bytes", agent.resident_bytes}};
}

const char* PhaseWord(v1::Phase phase) {
  return phase == v1::PHASE_LOAD      ? "load"
         : phase == v1::PHASE_WARM_UP ? "warm-up"
         : phase == v1::PHASE_MEASURE ? "measure"
                                      : "";
}

const char* StateWord(v1::RunState state) {
  return state == v1::RUN_STATE_FINISHED      ? "finished"
         : state == v1::RUN_STATE_INTERRUPTED ? "interrupted"
         : state == v1::RUN_STATE_ABORTED     ? "aborted"
                                              : "running";
}

Json OperationJson(const LiveRun& run, uint32_t operation, const Tally& tally) {
  // What is planned and still under way is neither success nor failure yet.
  const PlannedResponse response = PlannedResponse::OfSecond(tally);
  const LiveResponse quoted{0, response.Quantile(0.5), response.Quantile(0.9),
                            response.Quantile(0.99), response.Quantile(0.999)};
  return {{"name", run.OperationName(operation)},
          {"counts", CountsJson(tally.counts())},
          {"response", ResponseJson(quoted)}};
}

Json GatesJson(const LiveRun& run) {
  Json gates = Json::array();
  for (const v1::GateResult& gate : run.gates()) {
    gates.push_back({{"name", gate.name()},
                     {"agent", gate.agent()},
                     {"passed", gate.passed()},
                     {"saw", gate.saw()},
                     {"limit", gate.limit()},
                     {"advice", gate.advice()}});
  }
  return gates;
}

Json TimeLeftJson(const TimeLeft& left) {
  return {{"s", Seconds(left.ns)}, {"at_least", left.at_least}};
}

Json LegJson(const LiveLeg& leg) {
  return {{"scenario", leg.scenario},
          {"target", leg.target},
          {"round", leg.round},
          {"probe_per_s", leg.probe_per_s},
          {"state", leg.over    ? "over"
                    : leg.begun ? "running"
                                : "waiting"},
          {"validity", leg.over ? ValidityWord(leg.validity) : ""},
          {"failure", leg.failure}};
}

// Text from databases and agents may be anything; what is not UTF-8 is replaced.
std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string LiveRunJson(const LiveRun& run) {
  Json legs = Json::array();
  for (const LiveLeg& leg : run.legs()) legs.push_back(LegJson(leg));
  Json agents = Json::array();
  for (const auto& [index, agent] : run.agents()) {
    agents.push_back({{"agent", index}, {"name", agent.name}});
  }
  const bool over = run.state() != v1::RUN_STATE_RUNNING;
  return Dump({{"id", run.id()},
               {"campaign", run.campaign().name()},
               {"description", run.campaign().description()},
               {"seed", run.campaign().seed()},
               {"version", run.version()},
               {"started_unix_s", Seconds(run.started_unix_ns())},
               {"state", StateWord(run.state())},
               {"validity", over ? ValidityWord(run.validity()) : ""},
               {"reasons", run.reasons()},
               {"json_bytes_per_record", run.json_bytes_per_record()},
               {"legs", std::move(legs)},
               {"agents", std::move(agents)}});
}

std::string LiveNowJson(const LiveRun& run, int64_t now_ns) {
  const LiveProgress& progress = run.progress();
  Json operations = Json::array();
  for (const auto& [operation, tally] : run.operations()) {
    if (tally != nullptr) operations.push_back(OperationJson(run, operation, *tally));
  }
  return Dump({{"elapsed_s", Seconds(now_ns)},
               {"activity", run.Activity()},
               {"leg", run.leg()},
               {"running", progress.running()},
               {"phase", progress.running() ? PhaseWord(run.phase()) : ""},
               {"planned", progress.planned()},
               {"settled", progress.settled()},
               {"share", progress.Share()},
               {"stage_left", TimeLeftJson(progress.OfStage())},
               {"run_left", TimeLeftJson(run.RunLeft())},
               {"recent", ResponseJson(run.Recent())},
               {"operations", std::move(operations)},
               {"counts", CountsJson(run.counts())},
               {"record_wire_bytes", run.record_wire_bytes()},
               {"record_json_bytes", run.record_json_bytes()},
               {"gates_count", run.gates_count()},
               {"gates", GatesJson(run)}});
}

std::string LivePointJson(const LivePoint& point) {
  Json agents = Json::array();
  for (const LiveAgent& agent : point.agents) {
    if (agents.size() < kMostAgentsTold) agents.push_back(AgentJson(agent));
  }
  return Dump({{"at_s", Seconds(point.at_ns)},
               {"leg", point.leg},
               {"phase", PhaseWord(point.phase)},
               {"second", point.second},
               {"open_loop", point.open_loop},
               {"counts", CountsJson(point.counts)},
               {"provisioned_ru", point.provisioned_ru},
               {"record_wire_bytes", point.record_wire_bytes},
               {"record_json_bytes", point.record_json_bytes},
               {"response", ResponseJson(point.response)},
               {"agents", std::move(agents)}});
}

std::string LiveLineJson(int64_t at_ns, const std::string& text) {
  return Dump({{"at_s", Seconds(at_ns)}, {"text", text}});
}

}  // namespace weir
