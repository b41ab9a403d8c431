#include "coordinator/deploy/kubernetes_run.h"

#include <algorithm>
#include <ctime>
#include <regex>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "coordinator/problem.h"

namespace weir {
namespace {

// "weir-coordinator-tls-" and "-1234-abcde" of a pod stand around it in at most 63 characters.
constexpr size_t kLongestRunId = 32;
constexpr uint32_t kMostAgents = 10'000;
constexpr uint32_t kMostCpus = 1024;
constexpr size_t kMostCampaignBytes = 900'000;  // a ConfigMap holds 1 MiB

bool IsLabel(const std::string& text, size_t longest) {
  static const std::regex kLabel("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
  return text.size() <= longest && std::regex_match(text, kLabel);
}

bool IsObjectName(const std::string& text) {
  static const std::regex kName("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
  return text.size() <= 253 && std::regex_match(text, kName);
}

bool IsImage(const std::string& text) {
  static const std::regex kImage("[a-zA-Z0-9][a-zA-Z0-9._:/@-]*");
  return text.size() <= 500 && std::regex_match(text, kImage);
}

bool IsMemory(const std::string& text) {
  static const std::regex kQuantity("[1-9][0-9]{0,8}(Mi|Gi|M|G)");
  return std::regex_match(text, kQuantity);
}

// A key of a Secret.
bool IsKey(const std::string& text) {
  static const std::regex kKey("[-._a-zA-Z0-9]{1,253}");
  return std::regex_match(text, kKey) && text != "." && text != "..";
}

class Checks {
 public:
  void Require(bool holds, std::string problem) {
    if (!holds) problems_.push_back(std::move(problem));
  }
  std::vector<std::string> Take() { return std::move(problems_); }

 private:
  std::vector<std::string> problems_;
};

void CheckNames(const KubernetesRun& run, Checks* checks) {
  const std::string id = RunIdProblem(run.run_id);
  checks->Require(id.empty(), id);
  checks->Require(
      run.namespace_name.empty() || IsLabel(run.namespace_name, 63),
      absl::StrCat("--namespace: ", InQuotes(run.namespace_name), " is no name of a namespace"));
  checks->Require(IsImage(run.image),
                  absl::StrCat("--image: ", InQuotes(run.image), " is no image's name"));
  checks->Require(run.secret.empty() || IsObjectName(run.secret),
                  absl::StrCat("--secret: ", InQuotes(run.secret), " is no name of a Secret"));
  checks->Require(run.tls_secret.empty() || IsLabel(run.tls_secret, 200),
                  absl::StrCat("--tls-secret: ", InQuotes(run.tls_secret),
                               " is no beginning of a Secret's name"));
}

void CheckSizes(const KubernetesRun& run, Checks* checks) {
  checks->Require(run.agents >= 1 && run.agents <= kMostAgents,
                  absl::StrCat("--agents: from 1 to ", kMostAgents));
  checks->Require(run.agent_cpus >= 1 && run.agent_cpus <= kMostCpus,
                  absl::StrCat("--agent-cpus: whole processors, from 1 to ", kMostCpus));
  for (const auto& [option, memory] : {std::pair("--agent-memory", run.agent_memory),
                                       std::pair("--coordinator-memory", run.coordinator_memory)}) {
    checks->Require(IsMemory(memory), absl::StrCat(option, ": ", InQuotes(memory),
                                                   " is no amount such as 512Mi or 2Gi"));
  }
  checks->Require(run.campaign_text.size() <= kMostCampaignBytes,
                  absl::StrCat("the campaign has ", run.campaign_text.size(),
                               " bytes; a ConfigMap takes ", kMostCampaignBytes));
  checks->Require(run.deadline_ns > 0, "--deadline: must be more than nothing");
}

// Files are mounted from the Secret.
void CheckFiles(const KubernetesRun& run, Checks* checks) {
  for (const std::string& file : run.needs.files) {
    const size_t slash = file.rfind('/');
    const bool fits = file.starts_with('/') && slash > 0 && IsKey(file.substr(slash + 1)) &&
                      file.find("/.") == std::string::npos && file.find("//") == std::string::npos;
    checks->Require(fits, absl::StrCat("the campaign's file ", InQuotes(file),
                                       " cannot be mounted from a Secret: give it a path such as "
                                       "/secrets/name"));
    if (!fits) continue;
    const std::string folder = file.substr(0, slash);
    for (const char* taken : {"/identity", "/spool", "/tmp", "/usr", "/etc", "/campaign", "/proc",
                              "/dev", "/results", "/sys"}) {
      checks->Require(
          folder != taken,
          absl::StrCat("the campaign's file ", InQuotes(file), " lies in ", taken,
                       ", which has another use in a pod: give it a folder of its own"));
    }
  }
}

void CheckNeeds(const KubernetesRun& run, Checks* checks) {
  for (const std::string& problem : run.needs.problems) checks->Require(false, problem);
  const bool needed = !run.needs.variables.empty() || !run.needs.files.empty();
  if (needed && run.secret.empty()) {
    std::string keys;
    for (const std::string& name : run.needs.variables) absl::StrAppend(&keys, " ", name);
    for (const std::string& file : run.needs.files) {
      absl::StrAppend(&keys, " ", file.substr(file.rfind('/') + 1));
    }
    checks->Require(false, absl::StrCat("the campaign's targets need secrets: put them into a "
                                        "Secret under the keys",
                                        keys, ", and name it with --secret"));
  }
  for (const std::string& name : run.needs.variables) {
    checks->Require(IsKey(name), absl::StrCat("the variable ", InQuotes(name),
                                              " cannot be the key of a Secret"));
  }
  CheckFiles(run, checks);
}

}  // namespace

std::vector<std::string> ProblemsOf(const KubernetesRun& run) {
  Checks checks;
  CheckNames(run, &checks);
  CheckSizes(run, &checks);
  CheckNeeds(run, &checks);
  return checks.Take();
}

std::string MakeRunId(const std::string& campaign_name, int64_t unix_seconds) {
  const auto time = static_cast<time_t>(unix_seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  const std::string when =
      absl::StrFormat("%04d%02d%02dt%02d%02d%02d", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                      utc.tm_hour, utc.tm_min, utc.tm_sec);
  std::string name;
  for (const char c : absl::AsciiStrToLower(campaign_name)) {
    const bool plain = absl::ascii_isalnum(static_cast<unsigned char>(c)) != 0;
    if (plain) {
      name += c;
    } else if (!name.empty() && name.back() != '-') {
      name += '-';
    }
  }
  name.resize(std::min(name.size(), kLongestRunId - when.size() - 1));
  while (name.ends_with('-')) name.pop_back();
  return name.empty() ? when : absl::StrCat(name, "-", when);
}

std::string RunIdProblem(const std::string& run_id) {
  if (IsLabel(run_id, kLongestRunId)) return "";
  return absl::StrCat("--run-id: ", InQuotes(run_id), " cannot stand in names: at most ",
                      kLongestRunId, " of a-z, 0-9 and -, and no - at either end");
}

}  // namespace weir
