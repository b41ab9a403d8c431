#include "coordinator/deploy/kubernetes_manifests.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include "coordinator/deploy/yaml_writer.h"
#include "tests/coordinator/deploy/sample_deployment.h"
#include "tests/reports/golden.h"

namespace weir {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<YamlNode> Documents(const std::string& text) {
  std::vector<YamlNode> documents;
  for (const absl::string_view part : absl::StrSplit(text, "\n---\n")) {
    std::vector<Problem> problems;
    YamlNode document = ParseYaml(absl::StrCat(part, "\n"), "rendered.yaml", &problems);
    EXPECT_TRUE(problems.empty()) << ToString(problems.front());
    if (document.kind == YamlNode::Kind::kMap) documents.push_back(std::move(document));
  }
  return documents;
}

// Every scalar with its path: "spec.template.spec.containers.0.image".
using Leaves = std::map<std::string, std::string>;
void AddLeaves(const YamlNode& node, const std::string& path, Leaves* leaves) {
  if (node.kind == YamlNode::Kind::kScalar) (*leaves)[path] = node.text;
  for (size_t i = 0; i < node.items.size(); ++i) {
    AddLeaves(node.items[i], absl::StrCat(path, ".", i), leaves);
  }
  for (const YamlMember& member : node.members) {
    AddLeaves(member.value, absl::StrCat(path, ".", member.key), leaves);
  }
}

std::map<std::string, Leaves> ByKindAndPart(const std::string& text, const std::string& suffix) {
  std::map<std::string, Leaves> found;
  for (const YamlNode& document : Documents(text)) {
    Leaves leaves;
    AddLeaves(document, "", &leaves);
    std::string name = leaves[".metadata.name"];
    if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    found[leaves[".kind"] + "/" + name] = leaves;
  }
  return found;
}

std::string Base() {
  std::string text;
  for (const char* file : {"serviceaccounts", "networkpolicy", "coordinator", "agents"}) {
    absl::StrAppend(&text, "\n---\n", test::ReadWhole(absl::StrCat("k8s/base/", file, ".yaml")));
  }
  return text;
}

TEST(KubernetesManifests, AreAsInTheGoldenFile) {
  test::ExpectMatchesFile(RenderManifests(test::SampleRun()),
                          "tests/coordinator/deploy/golden/run.yaml");
}

// With the defaults of k8s/base the rendered objects differ from it in names and campaign only.
TEST(KubernetesManifests, HaveTheFieldsOfTheBaseAndNoOthers) {
  KubernetesRun run{.run_id = "weir",
                    .image = "weir:latest",
                    .tls_secret = "weir",
                    .deadline_ns = 21'600'000'000'000};
  auto rendered = ByKindAndPart(RenderManifests(run), "-weir");
  auto base = ByKindAndPart(Base(), "");
  EXPECT_EQ(rendered.erase("ConfigMap/weir-campaign"), 1u);
  ASSERT_EQ(rendered.size(), 7u);
  for (const auto& [name, leaves] : base) {
    for (const auto& [path, value] : leaves) {
      if (path.find(".envFrom.") != std::string::npos) continue;  // each variable by itself instead
      ASSERT_TRUE(rendered[name].contains(path)) << name << path;
      std::string made = rendered[name][path];
      for (const std::string own : {"weir-coordinator", "weir-agents", "weir-campaign"}) {
        const size_t at = made.find(own + "-weir");
        if (at != std::string::npos) made.erase(at + own.size(), 5);
      }
      EXPECT_EQ(made, value) << name << path;
      rendered[name].erase(path);
    }
    EXPECT_THAT(rendered[name], testing::IsEmpty()) << name;
  }
}

TEST(KubernetesManifests, OfTwoRunsShareNoObjectAndNoSelector) {
  KubernetesRun run = test::SampleRun();
  std::set<std::string> before;
  for (const YamlNode& document : Documents(RenderManifests(run))) {
    Leaves leaves;
    AddLeaves(document, "", &leaves);
    EXPECT_TRUE(before.insert(leaves[".kind"] + leaves[".metadata.name"]).second);
    EXPECT_EQ(leaves[absl::StrCat(".metadata.labels.", kInstanceLabel)], "sample-1");
    EXPECT_EQ(leaves[".metadata.namespace"], "load");
    for (const auto& [path, value] : leaves) {
      if (path.ends_with(kInstanceLabel)) {
        EXPECT_EQ(value, "sample-1") << path;
      }
    }
  }
  run.run_id = "sample-2";
  for (const YamlNode& document : Documents(RenderManifests(run))) {
    Leaves leaves;
    AddLeaves(document, "", &leaves);
    EXPECT_FALSE(before.contains(leaves[".kind"] + leaves[".metadata.name"]));
  }
}

TEST(KubernetesManifests, LeaveTheDatabasesSecretsToTheSecretThatIsNamed) {
  const Leaves agents =
      ByKindAndPart(RenderManifests(test::SampleRun()), "-sample-1")["Job/weir-agents"];
  std::set<std::string> values;
  for (const auto& [path, value] : agents)
    values.insert(path.substr(path.rfind('.')) + "=" + value);
  EXPECT_THAT(values, Contains(".key=PG_PASSWORD"));
  EXPECT_THAT(values, Contains(".name=databases"));
  EXPECT_THAT(values, Contains(".secretName=databases"));
  EXPECT_THAT(values, Contains(".mountPath=/secrets"));
  EXPECT_THAT(values, Contains(".11=--secrets-folder=/secrets"));
  EXPECT_THAT(values, Contains(".9=--allow-target=account.example:443"));
}

TEST(KubernetesManifests, KeepPrivateKeysOutWhenTheSecretsAreNamed) {
  KubernetesRun run = test::SampleRun();
  EXPECT_THAT(RenderManifests(run), HasSubstr("their key"));
  run.tls_secret = "mine";
  const std::string rendered = RenderManifests(run);
  EXPECT_THAT(rendered, Not(HasSubstr("their key")));
  EXPECT_THAT(rendered, Not(HasSubstr("kind: Secret")));
  for (const char* name : {"mine-agent-tls", "mine-coordinator-tls", "mine-join-token"}) {
    EXPECT_THAT(rendered, HasSubstr(absl::StrCat("name: ", name)));
  }
}

TEST(KubernetesManifests, NothingThatAUserWroteBecomesAFieldOrAVariable) {
  KubernetesRun run = test::SampleRun();
  const auto leaves = ByKindAndPart(RenderManifests(run), "-sample-1")["Job/weir-coordinator"];
  std::set<std::string> arguments;
  for (const auto& [path, value] : leaves) {
    if (path.find(".args.") != std::string::npos) arguments.insert(value);
  }
  EXPECT_THAT(arguments, Contains("--set=scenarios.mixed.timeout=$$(HOME)"));
  EXPECT_THAT(arguments, Contains("--confirm=db\"\n  x: y"));
  run.campaign_text = "name: x\n---\nkind: Secret\n# \t'\"\\ {{ }} $(A)\n";
  const auto campaign = ByKindAndPart(RenderManifests(run), "-sample-1")["ConfigMap/weir-campaign"];
  EXPECT_EQ(campaign.at(".data.campaign.yaml"), run.campaign_text);
}

}  // namespace
}  // namespace weir
