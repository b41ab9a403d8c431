#include "coordinator/cli/stored_targets.h"

#include "absl/strings/str_cat.h"

#include "backends/catalog.h"
#include "base/status.h"
#include "coordinator/cli/store_commands.h"

namespace weir {

absl::StatusOr<StoredRun> OpenStoredRun(const std::string& store, const std::string& id) {
  StoredRun stored;
  WEIR_ASSIGN_OR_RETURN(stored.store, OpenExistingStore(store));
  WEIR_ASSIGN_OR_RETURN(stored.run, stored.store->LoadRun(id));
  const v1::Campaign& campaign = stored.run.campaign();
  WEIR_ASSIGN_OR_RETURN(stored.dataset, MakeDataset(campaign.dataset(), campaign.seed()));
  return stored;
}

absl::Status ForEachTarget(
    const v1::Campaign& campaign, const Dataset& dataset, const std::string& name,
    const std::function<absl::Status(const v1::Target& target, Backend& backend)>& visit) {
  bool found = false;
  for (const v1::Target& target : campaign.targets()) {
    if (!name.empty() && target.name() != name) continue;
    found = true;
    if (target.has_null()) continue;
    WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Backend> backend, MakeBackend(target, dataset));
    WEIR_RETURN_IF_ERROR(Annotate(visit(target, *backend), absl::StrCat("target ", target.name())));
  }
  if (found) return absl::OkStatus();
  return absl::NotFoundError(absl::StrCat("the campaign has no target ", name));
}

}  // namespace weir
