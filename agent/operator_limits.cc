#include "agent/operator_limits.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

#include "backends/endpoints.h"
#include "base/loopback.h"
#include "base/status.h"

namespace weir {
namespace {

constexpr char kAny[] = "any";

// Empty where the operator named none, and may be: then nothing limits the path.
struct Folder {
  const std::string& path;
  const char* option;
  bool remote;
};

bool IsWithin(const std::filesystem::path& path, const std::filesystem::path& folder) {
  const auto [rest, _] = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return rest == folder.end() || rest->empty();  // the empty part follows a slash at the end
}

absl::Status MayOpen(const std::string& path, const std::string& what, const Folder& folder) {
  if (path.empty() || (folder.path.empty() && !folder.remote)) return absl::OkStatus();
  if (folder.path.empty()) {
    return absl::PermissionDeniedError(absl::StrCat(
        what, ": this agent opens no file that a campaign names, but in the folder of ",
        folder.option, ", which its operator has not given"));
  }
  // Links lead where they lead, as those of a mounted secret.
  std::error_code error;
  const auto real = std::filesystem::weakly_canonical(path, error);
  const auto place = std::filesystem::weakly_canonical(folder.path, error);
  const bool plain = path.find('\0') == std::string::npos && !absl::StartsWith(path, "file:");
  if (!error && plain && IsWithin(real, place)) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(what, ": ", path, " is not in ", folder.path,
                                                  ", where this agent's operator keeps such files "
                                                  "(",
                                                  folder.option, ")"));
}

// What the agent has of its own is not for a target to see.
absl::Status MayRead(const v1::Secret& secret, const std::string& what,
                     const OperatorLimits& limits) {
  if (limits.remote && absl::StartsWith(secret.env(), "WEIR_")) {
    return absl::PermissionDeniedError(
        absl::StrCat(what, ": the variable ", secret.env(), " is the agent's own"));
  }
  return MayOpen(secret.file(), what, {limits.secrets_folder, "--secrets-folder", limits.remote});
}

std::string TextOf(const Endpoint& endpoint) {
  if (endpoint.port == 0) return endpoint.host;
  const bool v6 = absl::StrContains(endpoint.host, ':');
  return absl::StrCat(v6 ? "[" : "", endpoint.host, v6 ? "]" : "", ":", endpoint.port);
}

bool Allows(const std::string& entry, const Endpoint& endpoint) {
  if (entry == kAny) return true;
  if (endpoint.host.empty()) return false;  // wherever the library's own defaults lead
  std::string without_brackets(entry);
  if (absl::EndsWith(entry, "]")) {
    without_brackets = std::string(absl::StripSuffix(absl::StripPrefix(entry, "["), "]"));
  }
  return absl::EqualsIgnoreCase(without_brackets, endpoint.host) ||
         absl::EqualsIgnoreCase(entry, TextOf(endpoint));
}

absl::Status MayConnect(const v1::Target& target, const OperatorLimits& limits) {
  if (limits.targets.empty() && !limits.remote) return absl::OkStatus();
  WEIR_ASSIGN_OR_RETURN(const std::vector<Endpoint> endpoints, EndpointsOf(target));
  for (const Endpoint& endpoint : endpoints) {
    const bool allowed = std::any_of(limits.targets.begin(), limits.targets.end(),
                                     [&](const auto& entry) { return Allows(entry, endpoint); });
    if (allowed) continue;
    return absl::PermissionDeniedError(
        absl::StrCat("target ", target.name(), ": this agent may not connect to ", TextOf(endpoint),
                     ": its operator has not listed it with --allow-target"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<double> ParsePerSecond(std::string_view text) {
  const absl::string_view number = absl::StripSuffix({text.data(), text.size()}, "/s");
  double value = 0;
  if (!absl::SimpleAtod(number, &value) || !std::isfinite(value) || value <= 0 || value > 1e9) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::string_view(text.data(), text.size()),
                     "' is no rate: give a number above 0, at most 1e9, as in 5000/s"));
  }
  return value;
}

bool IsRemote(const std::string& coordinator) {
  for (const absl::string_view address : absl::StrSplit(coordinator, ',')) {
    if (absl::StartsWith(address, "unix:")) continue;
    if (!IsLoopback(std::string(address.substr(0, address.rfind(':'))))) return true;
  }
  return false;
}

absl::Status CheckLimits(const OperatorLimits& limits) {
  if (!limits.remote || !limits.targets.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "the coordinator is not on this machine: name what this agent may load with --allow-target "
      "HOST[:PORT] (again for each), or say --allow-target any");
}

absl::Status MayUseTarget(const v1::Target& target, const OperatorLimits& limits) {
  WEIR_RETURN_IF_ERROR(MayConnect(target, limits));
  const Folder secrets{limits.secrets_folder, "--secrets-folder", limits.remote};
  const std::string name = absl::StrCat("target ", target.name());
  const v1::PostgresTarget& postgres = target.postgres();
  WEIR_RETURN_IF_ERROR(MayRead(postgres.password(), name + ", password", limits));
  WEIR_RETURN_IF_ERROR(MayRead(target.cosmos().key(), name + ", key", limits));
  for (const std::string& file : {postgres.tls_root_certificate(), postgres.tls_certificate(),
                                  postgres.tls_key(), target.cosmos().tls_root_certificate()}) {
    WEIR_RETURN_IF_ERROR(MayOpen(file, name + ", certificates", secrets));
  }
  if (target.sqlite().path() == ":memory:") return absl::OkStatus();
  return MayOpen(target.sqlite().path(), name,
                 {limits.data_folder, "--data-folder", limits.remote});
}

absl::Status MayUseScenarios(const v1::Campaign& campaign, const OperatorLimits& limits) {
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    WEIR_RETURN_IF_ERROR(MayOpen(scenario.shape().open().replay().path(),
                                 absl::StrCat("scenario ", scenario.name(), ", arrivals"),
                                 {limits.data_folder, "--data-folder", limits.remote}));
  }
  return absl::OkStatus();
}

}  // namespace weir
