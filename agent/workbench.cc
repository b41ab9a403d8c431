#include "agent/workbench.h"

#include "absl/strings/str_cat.h"

#include "agent/prepare_checks.h"
#include "agent/stage_caps.h"
#include "agent/write_guard.h"
#include "backends/api/record_digest.h"
#include "backends/catalog.h"
#include "base/status.h"

namespace weir {
namespace {

std::string Describe(const RecordDigest& expected, const RecordDigest& found) {
  if (expected == found) return "count and digest match";
  if (expected.count() != found.count()) {
    return absl::StrCat("expected ", expected.count(), " records, found ", found.count());
  }
  return "the number of records matches, their contents do not";
}

}  // namespace

bool IsUnreachable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsUnauthenticated(status) ||
         absl::IsPermissionDenied(status) || absl::IsInvalidArgument(status);
}

absl::Status Workbench::Open(const v1::Prepare& prepare) {
  WEIR_RETURN_IF_ERROR(CheckPrepare(prepare, limits_));
  if (dataset_ == nullptr) {
    campaign_ = prepare.campaign();
    WEIR_ASSIGN_OR_RETURN(dataset_, MakeDataset(campaign_.dataset(), campaign_.seed()));
  }
  if (prepare.task() == v1::TASK_PROVE || prepare.task() == v1::TASK_CANARY) {
    v1::Target instant;
    instant.mutable_null();
    WEIR_ASSIGN_OR_RETURN(instant_, MakeBackend(instant, *dataset_));
    return absl::OkStatus();
  }
  if (backends_.contains(prepare.target())) return absl::OkStatus();
  WEIR_ASSIGN_OR_RETURN(auto backend, MakeBackend(campaign_.targets(prepare.target()), *dataset_));
  backends_.emplace(prepare.target(), std::move(backend));
  return absl::OkStatus();
}

absl::Status Workbench::Disclose(const v1::Prepare& prepare, v1::Prepared* prepared) {
  WEIR_ASSIGN_OR_RETURN(const Disclosure disclosure, backend(prepare.target()).Disclose());
  for (const DisclosedFact& fact : disclosure.facts) {
    v1::Condition* condition = prepared->add_conditions();
    condition->set_group(fact.group);
    condition->set_name(fact.name);
    condition->set_value(fact.value);
  }
  prepared->set_provisioned_ru(disclosure.provisioned_ru);
  prepared->set_physical_partitions(disclosure.physical_partitions);
  prepared->set_charge_basis(disclosure.charge_basis);
  prepared->set_caution(disclosure.caution);
  DiscloseCaps(campaign_, limits_, prepared);
  return absl::OkStatus();
}

// Before anything is touched, on every agent.
absl::StatusOr<Standing> Workbench::Guard(const v1::Prepare& prepare) {
  WEIR_ASSIGN_OR_RETURN(Standing standing, backend(prepare.target()).Survey());
  const std::string& name = target(prepare).name();
  WEIR_RETURN_IF_ERROR(MayTouch(standing, IntentOn(campaign_, name), name));
  WEIR_RETURN_IF_ERROR(GuardDrop(prepare, standing));
  return standing;
}

// R55: what is elsewhere and holds records is dropped only where the user has confirmed it, by
// create_schema with TASK_REACH, before anything is touched.
absl::Status Workbench::GuardDrop(const v1::Prepare& prepare, const Standing& standing) {
  const bool reaches = prepare.task() == v1::TASK_REACH;
  const bool fresh = !reaches && standing.holds.empty() && !MustStayUntouched(standing);
  if (fresh || (reaches && prepare.create_schema())) droppable_.insert(standing.place);
  const bool will_drop =
      reaches ? IntentOn(campaign_, target(prepare).name()).recreates : prepare.create_schema();
  if (!will_drop || droppable_.contains(standing.place)) return absl::OkStatus();
  return MayDrop(standing, target(prepare));
}

// A table that is not there yet does not make a target unreachable.
absl::Status Workbench::Reach(const v1::Prepare& prepare, v1::Prepared* prepared) {
  const absl::Status guarded = Guard(prepare).status();
  if (!guarded.ok() && !absl::IsNotFound(guarded)) return guarded;
  const absl::Status status = Disclose(prepare, prepared);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

absl::Status Workbench::SetUp(const v1::Prepare& prepare, v1::Prepared* prepared) {
  WEIR_ASSIGN_OR_RETURN(const Standing standing, Guard(prepare));
  if (MustStayUntouched(standing)) return Disclose(prepare, prepared);
  WEIR_RETURN_IF_ERROR(backend(prepare.target()).SetUp(prepare.create_schema()));
  return Disclose(prepare, prepared);
}

absl::Status Workbench::Verify(const v1::Prepare& prepare, v1::Prepared* prepared) {
  Backend& target = backend(prepare.target());
  const RecordSchema& schema = dataset_->schema();
  RecordDigest found;
  const absl::Status read = target.Scan([&](const Record& record) { found.Add(schema, record); });
  if (absl::IsUnimplemented(read))
    return target.Settle().status();  // a target that keeps no records
  WEIR_RETURN_IF_ERROR(read);
  RecordDigest expected;
  Record record;
  for (uint64_t i = 0; i < campaign_.dataset().records(); ++i) {
    dataset_->Make(i, 0, &record);
    expected.Add(schema, record);
  }
  v1::Verification* verification = prepared->mutable_verification();
  verification->set_done(true);
  verification->set_matches(expected == found);
  verification->set_records_expected(expected.count());
  verification->set_records_found(found.count());
  verification->set_digest_expected(expected.ToString());
  verification->set_digest_found(found.ToString());
  verification->set_detail(Describe(expected, found));
  return target.Settle().status();
}

}  // namespace weir
