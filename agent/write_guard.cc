#include "agent/write_guard.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace weir {

Intent IntentOn(const v1::Campaign& campaign, const std::string& target) {
  Intent intent;
  for (const v1::Scenario& scenario : campaign.scenarios()) {
    const auto& targets = scenario.targets();
    const bool named = std::find(targets.begin(), targets.end(), target) != targets.end();
    if (!targets.empty() && !named) continue;
    intent.recreates |= scenario.phases().has_load();
    for (const v1::OperationSpec& operation : scenario.operations()) {
      intent.writes |=
          operation.do_() != v1::OPERATION_KIND_READ && operation.do_() != v1::OPERATION_KIND_QUERY;
    }
  }
  for (const v1::Target& each : campaign.targets()) {
    intent.writes |= each.name() == target && each.cosmos().has_scaling();  // it costs money
  }
  intent.writes |= intent.recreates;
  return intent;
}

std::string DatabaseOf(const v1::Target& target) {
  switch (target.backend_case()) {
    case v1::Target::kPostgres:
      return target.postgres().database();
    case v1::Target::kCosmos:
      return target.cosmos().database();
    case v1::Target::kSqlite:
      return target.sqlite().path();
    default:
      return "";
  }
}

absl::Status MayDrop(const Standing& standing, const v1::Target& target) {
  if (standing.on_this_machine || standing.holds.empty()) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(
      standing.place, " is not on this machine and holds ", standing.holds,
      ", which the load would drop; if that is meant, say --confirm=", DatabaseOf(target)));
}

bool MustStayUntouched(const Standing& standing) {
  return !standing.on_this_machine && !standing.consent;
}

absl::Status MayTouch(const Standing& standing, const Intent& intent, const std::string& target) {
  if (MustStayUntouched(standing) && intent.writes) {
    return absl::PermissionDeniedError(
        absl::StrCat(standing.place,
                     " is not on this machine, and nobody has consented to its being written "
                     "to; where that is right, run once: weir init CAMPAIGN.yaml --target ",
                     target));
  }
  if (MustStayUntouched(standing) && !standing.exists) {
    return absl::PermissionDeniedError(
        absl::StrCat(standing.place,
                     " does not exist, and may not be created there without: weir "
                     "init CAMPAIGN.yaml --target ",
                     target));
  }
  if (standing.foreign && intent.writes) return WontDrop(standing);
  if (!standing.others.empty() && intent.writes) {
    return absl::PermissionDeniedError(
        absl::StrCat(standing.place, ": ", standing.others,
                     ": somebody depends on it, and it is not written to; take a server of the "
                     "test's own"));
  }
  return absl::OkStatus();
}

}  // namespace weir
