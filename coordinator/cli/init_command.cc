#include "coordinator/cli/init_command.h"

#include <algorithm>
#include <cstdio>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

#include "agent/workbench.h"
#include "agent/write_guard.h"
#include "coordinator/cli/check_command.h"
#include "coordinator/cli/stored_targets.h"

namespace weir {
namespace {

// "prod" or "production" as a word of its own: "app-prod", "PROD_logs", not "products".
bool SpeaksOfProduction(const std::string& name) {
  const std::string text = absl::AsciiStrToLower(name);
  for (size_t at = text.find("prod"); at != std::string::npos; at = text.find("prod", at + 1)) {
    size_t end = at + 4;
    if (text.compare(end, 6, "uction") == 0) end += 6;
    const bool begins = at == 0 || !absl::ascii_isalpha(text[at - 1]);
    if (begins && (end == text.size() || !absl::ascii_isalpha(text[end]))) return true;
  }
  return false;
}

// The names that a target's owner gave, its database first.
std::vector<std::string> NamesOf(const v1::Target& target) {
  if (target.has_postgres()) {
    return {DatabaseOf(target), target.postgres().host(), target.postgres().table()};
  }
  if (target.has_cosmos()) {
    return {DatabaseOf(target), target.cosmos().endpoint(), target.cosmos().container()};
  }
  if (target.has_sqlite()) return {DatabaseOf(target), target.sqlite().table()};
  return {};
}

}  // namespace

std::set<std::string> ConfirmedTargets(const v1::Campaign& campaign,
                                       const std::vector<std::string>& confirmed) {
  std::set<std::string> targets;
  for (const v1::Target& target : campaign.targets()) {
    const std::string database = DatabaseOf(target);
    const auto named = std::find(confirmed.begin(), confirmed.end(), database);
    if (!database.empty() && named != confirmed.end()) targets.insert(target.name());
  }
  return targets;
}

std::string UnconfirmedProduction(const v1::Campaign& campaign,
                                  const std::vector<std::string>& confirmed) {
  const std::set<std::string> known = ConfirmedTargets(campaign, confirmed);
  std::string lines;
  for (const v1::Target& target : campaign.targets()) {
    if (!IntentOn(campaign, target.name()).writes) continue;
    const std::vector<std::string> names = NamesOf(target);
    const auto found = std::find_if(names.begin(), names.end(), SpeaksOfProduction);
    if (found == names.end() || known.contains(target.name())) continue;
    absl::StrAppend(&lines, "target ", target.name(), ": ", *found,
                    " sounds like production, and the campaign writes to it; if that is meant, "
                    "say --confirm=",
                    names.front(), "\n");
  }
  return lines;
}

ExitCode InitCommand(const std::string& path, const std::vector<std::string>& overrides,
                     const std::string& name) {
  const CampaignReading reading = ReadAndReport(path, overrides);
  if (!reading.problems.empty()) return kExitBadCampaign;
  const v1::Campaign& campaign = reading.campaign;
  const auto dataset = MakeDataset(campaign.dataset(), campaign.seed());
  if (!dataset.ok()) {
    std::fprintf(stderr, "weir init: %s\n", std::string(dataset.status().message()).c_str());
    return kExitBadCampaign;
  }
  const absl::Status done = ForEachTarget(
      campaign, **dataset, name, [](const v1::Target& target, Backend& backend) -> absl::Status {
        if (absl::Status given = backend.Consent(); !given.ok()) return given;
        const absl::StatusOr<Standing> standing = backend.Survey();
        if (!standing.ok()) return standing.status();
        std::printf("%s: %s may be written to%s\n", target.name().c_str(), standing->place.c_str(),
                    standing->consent ? "" : " (it is on this machine and needs no marker)");
        return absl::OkStatus();
      });
  if (done.ok()) return kExitValid;
  std::fprintf(stderr, "weir init: %s\n", std::string(done.message()).c_str());
  return IsUnreachable(done) ? kExitTarget : kExitFailure;
}

}  // namespace weir
