#include "agent/operator_limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/match.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using testing::HasSubstr;

v1::Target Postgres(const std::string& host, uint32_t port = 5432) {
  v1::Target target;
  target.set_name("pg");
  target.mutable_postgres()->set_host(host);
  target.mutable_postgres()->set_port(port);
  return target;
}

v1::Target Cosmos(const std::string& endpoint) {
  v1::Target target;
  target.set_name("cosmos");
  target.mutable_cosmos()->set_endpoint(endpoint);
  return target;
}

bool Allowed(const v1::Target& target, const std::vector<std::string>& list) {
  const absl::Status status = MayUseTarget(target, {.remote = true, .targets = list});
  EXPECT_TRUE(status.ok() || absl::IsPermissionDenied(status)) << status;
  return status.ok();
}

TEST(AllowList, IsNeededForACoordinatorElsewhere) {
  const absl::Status refused = CheckLimits({.remote = true});
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--allow-target HOST[:PORT]"));
  EXPECT_TRUE(CheckLimits({.remote = true, .targets = {"any"}}).ok());
  EXPECT_TRUE(CheckLimits({.remote = false}).ok());
  EXPECT_TRUE(IsRemote("192.0.2.1:7070"));
  EXPECT_FALSE(IsRemote("127.0.0.1:7070"));
  EXPECT_FALSE(IsRemote("[::1]:7070"));
  EXPECT_FALSE(IsRemote("127.0.0.1:7070,[::1]:7071"));
  EXPECT_TRUE(IsRemote("127.0.0.1:7070,192.0.2.1:7070")) << "one is enough";
}

TEST(AllowList, HoldsHostAndPort) {
  EXPECT_TRUE(Allowed(Postgres("db.example", 5432), {"db.example"}));
  EXPECT_TRUE(Allowed(Postgres("DB.example", 5432), {"other", "db.example:5432"}));
  EXPECT_FALSE(Allowed(Postgres("db.example", 5433), {"db.example:5432"}));
  EXPECT_FALSE(Allowed(Postgres("db.example.evil"), {"db.example"}));
  EXPECT_FALSE(Allowed(Postgres(""), {"db.example"}));
  EXPECT_TRUE(Allowed(Postgres("2001:db8::1"), {"[2001:db8::1]"}));
  EXPECT_TRUE(Allowed(Postgres("2001:db8::1"), {"[2001:db8::1]:5432"}));
  EXPECT_TRUE(Allowed(Postgres("anywhere"), {"any"}));
}

TEST(AllowList, EveryHostThatMayBeTriedMustBeOnIt) {
  EXPECT_FALSE(Allowed(Postgres("db.example,evil.example"), {"db.example"}));
  EXPECT_TRUE(Allowed(Postgres("a.example,b.example"), {"a.example", "b.example"}));
  EXPECT_FALSE(Allowed(Postgres("/var/run/postgresql"), {"db.example"}));
  EXPECT_TRUE(Allowed(Postgres("/var/run/postgresql"), {"/var/run/postgresql"}));
}

TEST(AllowList, IsAskedForTheHostThatIsConnectedTo) {
  EXPECT_TRUE(Allowed(Cosmos("https://a.documents.azure.com:443/"), {"a.documents.azure.com"}));
  EXPECT_TRUE(Allowed(Cosmos("https://a.documents.azure.com"), {"a.documents.azure.com:443"}));
  EXPECT_FALSE(Allowed(Cosmos("https://evil/?a.documents.azure.com"), {"a.documents.azure.com"}));
  EXPECT_FALSE(MayUseTarget(Cosmos("https://a.documents.azure.com@evil/"),
                            {.remote = true, .targets = {"a.documents.azure.com"}})
                   .ok());
}

TEST(AllowList, BindsAnAgentOfThisMachineToo) {
  EXPECT_FALSE(MayUseTarget(Postgres("evil"), {.targets = {"127.0.0.1"}}).ok());
  EXPECT_TRUE(MayUseTarget(Postgres("anywhere"), {}).ok());
}

// Calls visit(message, field) for each text field below `message`, in every oneof.
template <typename Visit>
void ForEachText(Message* message, Visit visit) {
  const auto* descriptor = message->GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (field->is_repeated()) continue;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) visit(message, field);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    ForEachText(message->GetReflection()->MutableMessage(message, field), visit);
    message->GetReflection()->ClearField(message, field);
  }
}

// A field that is added to a target and opens a file fails here until it is held to a folder.
TEST(AgentFiles, NoFieldOfATargetMakesARemoteAgentOpenAnyFile) {
  v1::Target target;
  int files = 0;
  ForEachText(&target, [&](Message* message, const FieldDescriptor* field) {
    const std::string& doc = field->options().GetExtension(v1::rule).doc();
    const bool secret = message->GetDescriptor() == v1::Secret::descriptor();
    if (!absl::StrContains(doc, "ile") && !(secret && field->name() == "file")) return;
    ++files;
    const auto status = [&](const std::string& path, const OperatorLimits& limits) {
      message->GetReflection()->SetString(message, field, path);
      if (target.has_cosmos()) target.mutable_cosmos()->set_endpoint("http://h");
      return MayUseTarget(target, limits);
    };
    const OperatorLimits none{.remote = true, .targets = {"any"}};
    const OperatorLimits folders{.remote = true,
                                 .targets = {"any"},
                                 .secrets_folder = testing::TempDir(),
                                 .data_folder = testing::TempDir()};
    EXPECT_FALSE(status("/etc/shadow", none).ok()) << field->full_name();
    EXPECT_FALSE(status("/etc/shadow", folders).ok()) << field->full_name();
    EXPECT_FALSE(status(testing::TempDir() + "/../etc/shadow", folders).ok()) << field->full_name();
    EXPECT_TRUE(status(testing::TempDir() + "/x", folders).ok()) << field->full_name();
    EXPECT_TRUE(status("/etc/shadow", {}).ok()) << field->full_name();
    message->GetReflection()->ClearField(message, field);
  });
  EXPECT_EQ(files, 7);  // two secrets, four certificates, one database
}

TEST(AgentFiles, ALinkOutOfTheFolderIsFollowedAndRefused) {
  const std::string folder = testing::TempDir() + "/weir-secrets";
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder + "/..data");
  std::ofstream(folder + "/..data/key") << "s";
  std::filesystem::create_symlink("..data/key", folder + "/key");  // as Kubernetes mounts it
  std::filesystem::create_symlink("/etc/hostname", folder + "/out");
  v1::Target target = Postgres("h");
  const OperatorLimits limits{.remote = true, .targets = {"any"}, .secrets_folder = folder};
  target.mutable_postgres()->mutable_password()->set_file(folder + "/key");
  EXPECT_TRUE(MayUseTarget(target, limits).ok()) << MayUseTarget(target, limits);
  target.mutable_postgres()->mutable_password()->set_file(folder + "/out");
  EXPECT_FALSE(MayUseTarget(target, limits).ok());
  target.mutable_postgres()->mutable_password()->set_file(folder + "-of-others/key");
  EXPECT_FALSE(MayUseTarget(target, limits).ok());
}

TEST(AgentFiles, TheAgentsOwnVariablesAreNoSecretsOfTargets) {
  v1::Target target = Postgres("h");
  target.mutable_postgres()->mutable_password()->set_env("WEIR_JOIN_TOKEN");
  EXPECT_FALSE(MayUseTarget(target, {.remote = true, .targets = {"any"}}).ok());
  target.mutable_postgres()->mutable_password()->set_env("PGPASSWORD");
  EXPECT_TRUE(MayUseTarget(target, {.remote = true, .targets = {"any"}}).ok());
}

TEST(AgentFiles, RecordedArrivalsAreReadFromTheDataFolderOnly) {
  v1::Campaign campaign;
  campaign.add_scenarios()->mutable_shape()->mutable_open()->mutable_replay()->set_path(
      "/etc/shadow");
  EXPECT_FALSE(MayUseScenarios(campaign, {.remote = true}).ok());
  EXPECT_TRUE(MayUseScenarios(campaign, {}).ok());
}

TEST(OperatorRates, ReadAsInACampaign) {
  EXPECT_EQ(*ParsePerSecond("5000/s"), 5000);
  EXPECT_EQ(*ParsePerSecond("0.5"), 0.5);
  for (const char* wrong : {"", "fast", "-1/s", "0", "nan", "inf", "5/m"}) {
    EXPECT_FALSE(ParsePerSecond(wrong).ok()) << wrong;
  }
}

}  // namespace
}  // namespace weir
