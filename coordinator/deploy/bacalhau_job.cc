#include "coordinator/deploy/bacalhau_job.h"

#include <regex>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "base/check.h"
#include "base/clock.h"
#include "coordinator/deploy/base_manifests.h"
#include "coordinator/deploy/kubernetes_run.h"
#include "coordinator/deploy/yaml_writer.h"

namespace weir {
namespace {

// What is filled into the template can therefore not change its structure.
bool IsOf(const std::string& text, const char* pattern) {
  return text.size() <= 500 && std::regex_match(text, std::regex(pattern));
}

constexpr char kImage[] = "[a-zA-Z0-9][a-zA-Z0-9._:/@-]*";
constexpr char kAddress[] = "([a-zA-Z0-9.-]+|\\[[0-9a-fA-F:.]+\\]):[0-9]{1,5}";
constexpr char kFolder[] = "(/[a-zA-Z0-9._-]+)+";
constexpr char kMemory[] = "[1-9][0-9]{0,8}(MiB|GiB|MB|GB)";
constexpr char kVariable[] = "[A-Za-z_][A-Za-z0-9_]*";

void AddNeeds(const AgentNeeds& needs, YamlNode* task) {
  for (const std::string& name : needs.variables) {
    YamlNode& variables = MemberOf(task, "Env");
    if (variables.kind == YamlNode::Kind::kNull) variables = YamlMap({});
    MemberOf(&variables, name) = YamlText("env:" + name);  // the node's own variable
  }
  YamlNode& parameters =
      task->Find("Engine")->value.Find("Params")->value.Find("Parameters")->value;
  for (const std::string& address : needs.addresses) {
    parameters.items.push_back(YamlText("--allow-target=" + address));
  }
  if (needs.folder.empty()) return;
  parameters.items.push_back(YamlText("--secrets-folder=" + needs.folder));
  const YamlNode params =
      YamlMap({{"SourcePath", YamlText(needs.folder)}, {"ReadWrite", YamlPlain("false")}});
  MemberOf(task, "InputSources")
      .items.push_back(
          YamlMap({{"Source", YamlMap({{"Type", YamlText("localDirectory")}, {"Params", params}})},
                   {"Target", YamlText(needs.folder)}}));
}

}  // namespace

std::vector<std::string> ProblemsOf(const BacalhauRun& run) {
  std::vector<std::string> problems = run.needs.problems;
  const auto require = [&](bool holds, std::string problem) {
    if (!holds) problems.push_back(std::move(problem));
  };
  const auto wrong = [](const char* option, const std::string& value, const char* right) {
    return absl::StrCat(option, ": ", InQuotes(value), " is no ", right);
  };
  const std::string id = RunIdProblem(run.run_id);
  require(id.empty(), id);
  require(IsOf(run.image, kImage), wrong("--image", run.image, "image's name"));
  require(IsOf(run.coordinator, kAddress),
          wrong("--coordinator", run.coordinator, "HOST:PORT that nodes can connect to"));
  require(IsOf(run.identity, kFolder), wrong("--identity", run.identity, "folder's absolute path"));
  require(IsOf(run.agent_memory, kMemory),
          wrong("--agent-memory", run.agent_memory, "amount such as 512MiB or 2GiB"));
  require(run.agents >= 1 && run.agents <= 10'000, "--agents: from 1 to 10000");
  require(run.agent_cpus >= 1 && run.agent_cpus <= 1024, "--agent-cpus: from 1 to 1024");
  require(run.deadline_ns >= kNsPerSecond, "--deadline: must be at least a second");
  for (const std::string& name : run.needs.variables) {
    require(IsOf(name, kVariable), absl::StrCat(InQuotes(name), " is no variable's name"));
  }
  for (const std::string& file : run.needs.files) {
    require(IsOf(file.substr(0, file.rfind('/')), kFolder),
            absl::StrCat("the campaign's file ", InQuotes(file),
                         " cannot be mounted: give it a path such as /secrets/name"));
  }
  return problems;
}

std::string RenderBacalhauJob(const BacalhauRun& run) {
  WEIR_CHECK(ProblemsOf(run).empty());
  const std::string text = absl::StrReplaceAll(
      kBacalhauTemplate, {{"{{.runid}}", run.run_id},
                          {"{{.image}}", run.image},
                          {"{{.coordinator}}", run.coordinator},
                          {"{{.identity}}", run.identity},
                          {"{{.agents}}", absl::StrCat(run.agents)},
                          {"{{.cpus}}", absl::StrCat(run.agent_cpus)},
                          {"{{.memory}}", run.agent_memory},
                          {"{{.seconds}}", absl::StrCat(run.deadline_ns / kNsPerSecond)}});
  std::vector<Problem> problems;
  YamlNode job = ParseYaml(text, "agents.yaml.tmpl", &problems);
  WEIR_CHECK(problems.empty());
  AddNeeds(run.needs, &job.Find("Tasks")->value.items.front());
  return absl::StrCat("# Weir's agents of run ", run.run_id,
                      " on Bacalhau; made by `weir bacalhau render`.\n", WriteYaml(job));
}

}  // namespace weir
