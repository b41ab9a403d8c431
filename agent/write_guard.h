// Whether a run may touch a target (R55): what it means to do there, held against what the database
// says of itself. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"

#include "backends/api/backend.h"
#include "proto/campaign.pb.h"

namespace weir {

struct Intent {
  bool writes = false;     // any record, or the throughput that is paid for
  bool recreates = false;  // drops the table or container and makes it anew
};

// Over all scenarios that run on the target.
Intent IntentOn(const v1::Campaign& campaign, const std::string& target);

// kPermissionDenied with what to do about it.
absl::Status MayTouch(const Standing& standing, const Intent& intent, const std::string& target);

// What `--confirm` has to name for a target: its database, of SQLite the file; empty where it has
// none.
std::string DatabaseOf(const v1::Target& target);

// Whether what it holds may be dropped though nobody has confirmed that; kPermissionDenied with the
// option that does.
absl::Status MayDrop(const Standing& standing, const v1::Target& target);

// Nothing may be created or changed, not even what is missing.
bool MustStayUntouched(const Standing& standing);

}  // namespace weir
