// Whom the certificate of a stream's other end lets it be. Without certificates: either.
#pragma once

#include <cstdint>

namespace weir {

enum class StreamPeer : uint8_t { kAgent, kRelay, kEither };

}  // namespace weir
