#include "generators/target_campaign.h"

namespace weir {
namespace {

bool TakesBatches(v1::OperationKind kind) {
  return kind == v1::OPERATION_KIND_INSERT || kind == v1::OPERATION_KIND_UPSERT;
}

}  // namespace

v1::Campaign CampaignOn(const v1::Campaign& campaign, const v1::Target& target) {
  v1::Campaign own = campaign;
  if (target.batch() == 0) return own;
  for (v1::Scenario& scenario : *own.mutable_scenarios()) {
    if (scenario.phases().has_load()) {
      scenario.mutable_phases()->mutable_load()->set_batch(target.batch());
    }
    for (v1::OperationSpec& operation : *scenario.mutable_operations()) {
      if (TakesBatches(operation.do_())) operation.set_batch(target.batch());
    }
  }
  return own;
}

}  // namespace weir
