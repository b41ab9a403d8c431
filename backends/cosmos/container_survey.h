// What stands in the way of writing to a container (R55), and reading back a part of one. Blocking;
// one thread.
#pragma once

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

#include "backends/api/backend.h"
#include "backends/cosmos/control_client.h"
#include "backends/cosmos/session_room.h"
#include "proto/campaign.pb.h"

namespace weir::cosmos {

// As Backend::Survey. A container is ours when a document of it has the dataset's fields, or it is
// empty; consent is a container of its own in the same database.
absl::StatusOr<Standing> SurveyContainer(const v1::CosmosTarget& target, Container* container,
                                         ControlClient* client);

// As Backend::Consent. Creates the database when it is missing.
absl::Status GiveConsent(const v1::CosmosTarget& target, const Container& container,
                         ControlClient* client);

// As Backend::Count: partition by partition.
absl::StatusOr<uint64_t> CountDocuments(Container* container, ControlClient* client);

// As Backend::ReadBack: a point read each.
absl::Status ReadDocuments(const Container& container, ControlClient* client,
                           absl::Span<const uint64_t> indices,
                           absl::FunctionRef<void(uint64_t index, const Record* record)> visit);

}  // namespace weir::cosmos
