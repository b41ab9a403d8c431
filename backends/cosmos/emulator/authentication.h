// Who may be answered: requests that are signed with the account's key, and lately. Any thread.
#pragma once

#include "backends/cosmos/emulator/http_message.h"
#include "backends/cosmos/emulator/resource_path.h"
#include "backends/cosmos/wire/signature.h"

namespace weir::cosmos::emulator {

// False, with the 401 that says why, when the request is not signed as it should be.
bool IsAuthentic(const MasterKey& key, const HttpRequest& request, const ResourcePath& path,
                 HttpResponse* error);

}  // namespace weir::cosmos::emulator
