#include "coordinator/deploy/agent_needs.h"

#include <google/protobuf/message.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "reports/comparison_design.h"

namespace weir {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

void AddSecret(const v1::Secret& secret, AgentNeeds* needs) {
  if (!secret.env().empty()) needs->variables.insert(secret.env());
  if (!secret.file().empty()) needs->files.insert(secret.file());
}

void AddSecretsOf(const Message& message, AgentNeeds* needs) {
  if (message.GetDescriptor() == v1::Secret::descriptor()) {
    v1::Secret secret;
    secret.CopyFrom(message);
    AddSecret(secret, needs);
    return;
  }
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) continue;
    AddSecretsOf(message.GetReflection()->GetMessage(message, field), needs);
  }
}

void AddCertificatesOf(const v1::Target& target, AgentNeeds* needs) {
  for (const std::string& file :
       {target.postgres().tls_root_certificate(), target.postgres().tls_certificate(),
        target.postgres().tls_key(), target.cosmos().tls_root_certificate()}) {
    if (!file.empty()) needs->files.insert(file);
  }
}

bool IsThisMachine(const std::string& host) {
  return host == "localhost" || host == "::1" || absl::StartsWith(host, "127.") ||
         absl::StartsWith(host, "/");
}

// "db.example" of "https://db.example:443/".
std::string HostOf(const std::string& endpoint) {
  const size_t scheme = endpoint.find("://");
  const size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  if (begin < endpoint.size() && endpoint[begin] == '[') {
    return endpoint.substr(begin + 1, endpoint.find(']', begin) - begin - 1);
  }
  return endpoint.substr(begin, endpoint.find_first_of(":/", begin) - begin);
}

// Why the target cannot be reached from there; empty when it can.
std::string Unreachable(const v1::Target& target, const std::string& in) {
  if (target.has_sqlite()) {
    return absl::StrCat("SQLite is a file on one machine; agents ", in, " share none");
  }
  const std::string host =
      target.has_postgres() ? target.postgres().host() : HostOf(target.cosmos().endpoint());
  if ((target.has_postgres() || target.has_cosmos()) && IsThisMachine(host)) {
    return absl::StrCat(host, " is the agent itself when it runs ", in,
                        "; give the address by which agents reach the database, as with --set");
  }
  return "";
}

// Agents elsewhere open campaigns' files in one folder only, and keep their own variables.
void CheckSecrets(AgentNeeds* needs) {
  for (const std::string& file : needs->files) {
    const size_t slash = file.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : file.substr(0, slash);
    if (needs->folder.empty()) needs->folder = folder;
    if (folder == needs->folder) continue;
    needs->problems.push_back(absl::StrCat("the campaign's file ", file, " is not in ",
                                           needs->folder,
                                           " like others: agents read them from one folder"));
  }
  for (const std::string& name : needs->variables) {
    if (!absl::StartsWith(name, "WEIR_")) continue;
    needs->problems.push_back(absl::StrCat("the variable ", name,
                                           " begins like the agents' own, "
                                           "which no campaign may read: give it another name"));
  }
}

}  // namespace

AgentNeeds NeedsOf(const v1::Campaign& campaign, const std::string& in) {
  AgentNeeds needs;
  for (const v1::Target& target : campaign.targets()) {
    AddSecretsOf(target, &needs);
    AddCertificatesOf(target, &needs);
    const std::string unreachable = Unreachable(target, in);
    if (unreachable.empty()) continue;
    needs.problems.push_back(absl::StrCat("target ", target.name(), ": ", unreachable));
  }
  CheckSecrets(&needs);
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    if (!scenario.shape().open().has_replay()) continue;
    needs.problems.push_back(absl::StrCat("scenario ", scenario.name(),
                                          ": replays a file, which no agent ", in, " has"));
  }
  return needs;
}

int64_t PlannedDriveNs(const v1::Campaign& campaign) {
  int64_t total = 0;
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    const int targets =
        scenario.targets().empty() ? campaign.targets_size() : scenario.targets_size();
    total += (scenario.phases().warm_up().ns() + scenario.phases().measure().ns()) * targets;
  }
  return campaign.has_compare() ? total * RoundsOf(campaign.compare()) : total;
}

}  // namespace weir
