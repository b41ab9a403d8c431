// Session tokens as requests bring them: "0:-1#12,1:-1#7", the sequence number that each partition
// key range must have reached. Pure; any thread.
#pragma once

#include <string_view>

#include "backends/cosmos/emulator/http_server.h"
#include "backends/cosmos/emulator/partition.h"

namespace weir::cosmos::emulator {

// Whether the token asks for more than the partition has seen: a read is then answered 404/1002.
// What it says of a parent holds for the children, which went on counting where it ended. What
// cannot be read asks for nothing. The partition's mutex held.
bool IsAhead(std::string_view token, const Partition& partition);

// The token that a read has to honour; empty when it has none or asks for another consistency.
std::string_view SessionTokenOf(const HttpRequest& request);

}  // namespace weir::cosmos::emulator
