#include "coordinator/deploy/kubernetes_manifests.h"

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"

#include "base/check.h"
#include "base/clock.h"
#include "coordinator/deploy/base_manifests.h"
#include "coordinator/deploy/yaml_writer.h"

namespace weir {
namespace {

constexpr char kBaseInstance[] = "weir";  // of the label, in k8s/base
constexpr char kSecretsVolume[] = "secret-files";

std::vector<YamlNode> BaseDocuments() {
  std::vector<YamlNode> documents;
  for (const BaseManifest& manifest : kBaseManifests) {
    for (const absl::string_view text : absl::StrSplit(manifest.text, "\n---\n")) {
      std::vector<Problem> problems;
      documents.push_back(ParseYaml(std::string(text), manifest.file, &problems));
      WEIR_CHECK(problems.empty());
    }
  }
  return documents;
}

// A node at a path of members and list items: {"spec", "template", "0"}.
YamlNode& At(YamlNode* node, const std::vector<std::string>& path) {
  for (const std::string& step : path) {
    if (node->kind == YamlNode::Kind::kList) {
      node = &node->items.at(static_cast<size_t>(std::stoi(step)));
    } else {
      YamlMember* member = node->Find(step);
      WEIR_CHECK(member != nullptr);
      node = &member->value;
    }
  }
  return *node;
}

// Kubernetes replaces $(NAME) in arguments; what the user wrote stays as it is.
std::string AsArgument(const std::string& text) {
  return absl::StrReplaceAll(text, {{"$(", "$$("}});
}

std::string SecondsText(int64_t ns) { return absl::StrCat(ns / kNsPerSecond, "s"); }

YamlNode Seconds(int64_t ns) { return YamlPlain(absl::StrCat(ns / kNsPerSecond)); }

class Renderer {
 public:
  explicit Renderer(const KubernetesRun& run) : run_(run) {
    for (const char* name : {"weir-coordinator", "weir-agents", "weir-campaign"}) {
      names_[name] = absl::StrCat(name, "-", run.run_id);
    }
    for (const char* kind : {"coordinator-tls", "agent-tls", "join-token"}) {
      names_[absl::StrCat("weir-", kind)] = run.tls_secret.empty()
                                                ? absl::StrCat("weir-", kind, "-", run.run_id)
                                                : absl::StrCat(run.tls_secret, "-", kind);
    }
  }

  std::string Render() {
    std::vector<YamlNode> documents = BaseDocuments();
    documents.push_back(Campaign());
    if (run_.tls_secret.empty()) AddCertificates(&documents);
    std::string text =
        absl::StrCat("# Weir, run ", run_.run_id, ": ", run_.agents, " agents. Made by `weir k8s",
                     " render`; the reasons for these fields are in k8s/base.\n",
                     run_.tls_secret.empty() ? "# Holds private keys: keep it to yourself.\n" : "");
    for (YamlNode& document : documents) {
      Rename(&document, "");
      SetNamespace(&document);
      if (Is(document, "Job", "weir-agents")) SetAgents(&document);
      if (Is(document, "Job", "weir-coordinator")) SetCoordinator(&document);
      absl::StrAppend(&text, "---\n", WriteYaml(document));
    }
    return text;
  }

 private:
  bool Is(YamlNode& document, const std::string& kind, const std::string& name) const {
    return At(&document, {"kind"}).text == kind &&
           At(&document, {"metadata", "name"}).text == names_.at(name);
  }

  // Wherever one of base's names stands, and the label by which this run's objects are found.
  void Rename(YamlNode* node, const std::string& key) {
    if (key == kInstanceLabel && node->text == kBaseInstance) {
      *node = YamlText(run_.run_id);
    } else if (key == "image") {
      *node = YamlText(run_.image);
    } else if (const auto name = names_.find(node->text); name != names_.end()) {
      *node = YamlText(name->second);
    }
    for (YamlNode& item : node->items) Rename(&item, "");
    for (YamlMember& member : node->members) Rename(&member.value, member.key);
  }

  void SetNamespace(YamlNode* document) const {
    if (run_.namespace_name.empty()) return;
    MemberOf(&At(document, {"metadata"}), "namespace") = YamlText(run_.namespace_name);
  }

  // Replaces "--name=…" of a container's arguments.
  static void SetArgument(YamlNode* arguments, const std::string& name, const std::string& value) {
    for (YamlNode& argument : arguments->items) {
      if (!absl::StartsWith(argument.text, name + "=")) continue;
      argument = YamlText(absl::StrCat(name, "=", AsArgument(value)));
      return;
    }
    WEIR_CHECK(false);
  }

  void SetAgents(YamlNode* job) const {
    YamlNode& spec = At(job, {"spec"});
    MemberOf(&spec, "completions") = YamlPlain(absl::StrCat(run_.agents));
    MemberOf(&spec, "parallelism") = YamlPlain(absl::StrCat(run_.agents));
    MemberOf(&spec, "activeDeadlineSeconds") = Seconds(run_.deadline_ns + run_.await_fetch_ns);
    YamlNode& pod = At(&spec, {"template", "spec"});
    YamlNode& container = At(&pod, {"containers", "0"});
    YamlNode* arguments = &At(&container, {"args"});
    SetArgument(arguments, "--await-fetch", SecondsText(run_.await_fetch_ns));
    SetArgument(arguments, "--coordinator", names_.at("weir-coordinator") + ":7070");
    SetArgument(arguments, "--run-id", run_.run_id);
    for (const std::string& address : run_.needs.addresses) {
      arguments->items.push_back(YamlText("--allow-target=" + AsArgument(address)));
    }
    if (!run_.needs.folder.empty()) {
      arguments->items.push_back(YamlText("--secrets-folder=" + AsArgument(run_.needs.folder)));
    }
    SetResources(&container, absl::StrCat(run_.agent_cpus), run_.agent_memory);
    GiveSecrets(&pod, &container);
  }

  void SetCoordinator(YamlNode* job) const {
    YamlNode& spec = At(job, {"spec"});
    MemberOf(&spec, "activeDeadlineSeconds") = Seconds(run_.deadline_ns + run_.await_fetch_ns);
    YamlNode& pod = At(&spec, {"template", "spec"});
    YamlNode& container = At(&pod, {"containers", "0"});
    YamlNode* arguments = &At(&container, {"args"});
    SetArgument(arguments, "--run-id", run_.run_id);
    SetArgument(arguments, "--expect-agents", absl::StrCat(run_.agents));
    SetArgument(arguments, "--join-timeout", SecondsText(run_.join_timeout_ns));
    SetArgument(arguments, "--await-fetch", SecondsText(run_.await_fetch_ns));
    for (const std::string& argument : run_.run_arguments) {
      arguments->items.push_back(YamlText(AsArgument(argument)));
    }
    SetResources(&container, "1", run_.coordinator_memory);
    if (run_.init) AddInit(&pod);
  }

  static void SetResources(YamlNode* container, const std::string& cpu, const std::string& memory) {
    for (const char* kind : {"requests", "limits"}) {
      YamlNode& amounts = At(container, {"resources", kind});
      MemberOf(&amounts, "cpu") = YamlText(cpu);
      MemberOf(&amounts, "memory") = YamlText(memory);
    }
  }

  // Exactly what the campaign names, instead of all that some Secret holds.
  void GiveSecrets(YamlNode* pod, YamlNode* container) const {
    std::erase_if(container->members,
                  [](const YamlMember& member) { return member.key == "envFrom"; });
    YamlNode& variables = MemberOf(container, "env");
    if (variables.kind == YamlNode::Kind::kNull) variables = YamlList({});
    for (const std::string& name : run_.needs.variables) {
      variables.items.push_back(YamlMap(
          {{"name", YamlText(name)},
           {"valueFrom", YamlMap({{"secretKeyRef", YamlMap({{"name", YamlText(run_.secret)},
                                                            {"key", YamlText(name)}})}})}}));
    }
    MountFiles(pod, container);
  }

  void MountFiles(YamlNode* pod, YamlNode* container) const {
    if (run_.needs.files.empty()) return;
    std::vector<YamlNode> items;
    for (const std::string& file : run_.needs.files) {
      const YamlNode key = YamlText(file.substr(file.rfind('/') + 1));
      items.push_back(YamlMap({{"key", key}, {"path", key}}));
    }
    MemberOf(pod, "volumes")
        .items.push_back(YamlMap({{"name", YamlText(kSecretsVolume)},
                                  {"secret", YamlMap({{"secretName", YamlText(run_.secret)},
                                                      {"defaultMode", YamlPlain("288")},
                                                      {"items", YamlList(std::move(items))}})}}));
    MemberOf(container, "volumeMounts")
        .items.push_back(YamlMap({{"name", YamlText(kSecretsVolume)},
                                  {"mountPath", YamlText(run_.needs.folder)},
                                  {"readOnly", YamlPlain("true")}}));
  }

  // `weir init` before the run, with the databases' secrets for itself alone.
  void AddInit(YamlNode* pod) const {
    const YamlNode& coordinator = At(pod, {"containers", "0"});
    std::vector<YamlNode> arguments = {YamlText("init"), YamlText("/campaign/campaign.yaml")};
    for (const std::string& argument : run_.run_arguments) {
      if (absl::StartsWith(argument, "--set=")) {
        arguments.push_back(YamlText(AsArgument(argument)));
      }
    }
    YamlNode init = YamlMap({{"name", YamlText("consent")},
                             {"image", YamlText(run_.image)},
                             {"command", YamlList({YamlText("weir")})},
                             {"args", YamlList(std::move(arguments))},
                             {"resources", coordinator.Find("resources")->value},
                             {"securityContext", coordinator.Find("securityContext")->value}});
    std::vector<YamlNode> mounts;
    for (const YamlNode& mount : coordinator.Find("volumeMounts")->value.items) {
      const std::string& volume = mount.Find("name")->value.text;
      if (volume == "campaign" || volume == "tmp") mounts.push_back(mount);
    }
    MemberOf(&init, "volumeMounts") = YamlList(std::move(mounts));
    GiveSecrets(pod, &init);
    MemberOf(pod, "initContainers") = YamlList({std::move(init)});
  }

  YamlNode Metadata(const std::string& name) const {
    return YamlMap({{"name", YamlText(name)},
                    {"labels", YamlMap({{kNameLabel, YamlText("weir")},
                                        {kInstanceLabel, YamlText(kBaseInstance)}})}});
  }

  YamlNode Campaign() const {
    return YamlMap({{"apiVersion", YamlText("v1")},
                    {"kind", YamlText("ConfigMap")},
                    {"metadata", Metadata("weir-campaign")},
                    {"data", YamlMap({{"campaign.yaml", YamlText(run_.campaign_text)}})}});
  }

  YamlNode Secret(const std::string& name, const std::string& type,
                  std::vector<std::pair<std::string, YamlNode>> entries) const {
    return YamlMap({{"apiVersion", YamlText("v1")},
                    {"kind", YamlText("Secret")},
                    {"metadata", Metadata(name)},
                    {"type", YamlText(type)},
                    {"immutable", YamlPlain("true")},
                    {"stringData", YamlMap(std::move(entries))}});
  }

  void AddCertificates(std::vector<YamlNode>* documents) const {
    const CertificateSet& made = run_.certificates;
    const YamlNode authority = YamlText(made.authority);
    documents->push_back(Secret("weir-coordinator-tls", "kubernetes.io/tls",
                                {{"ca.crt", authority},
                                 {"tls.crt", YamlText(made.coordinator.certificate)},
                                 {"tls.key", YamlText(made.coordinator.key)}}));
    documents->push_back(Secret("weir-agent-tls", "kubernetes.io/tls",
                                {{"ca.crt", authority},
                                 {"tls.crt", YamlText(made.agent.certificate)},
                                 {"tls.key", YamlText(made.agent.key)}}));
    documents->push_back(
        Secret("weir-join-token", "Opaque", {{"join-token", YamlText(made.join_token)}}));
  }

  const KubernetesRun& run_;
  std::map<std::string, std::string> names_;  // of base → of this run
};

}  // namespace

std::string RenderManifests(const KubernetesRun& run) {
  WEIR_CHECK(ProblemsOf(run).empty());
  return Renderer(run).Render();
}

}  // namespace weir
