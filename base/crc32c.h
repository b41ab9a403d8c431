// CRC-32C: Castagnoli's polynomial, as iSCSI, ext4 and leveldb use it. Pure; any thread.
#pragma once

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace weir {

uint32_t Crc32c(absl::string_view bytes);

// The checksum of any part of a text, each in a time that hardly grows with the part: checksums of
// what begins with the text are kept every few bytes, and the part's is what two of them differ by.
class PartCrcs {
 public:
  explicit PartCrcs(absl::string_view bytes);  // outlives this

  uint32_t Of(uint64_t offset, uint64_t size) const;  // offset + size ≤ bytes.size()

 private:
  uint32_t OfBeginning(uint64_t size) const;

  const absl::string_view bytes_;
  std::vector<uint32_t> beginnings_;  // of 0, 64, 128, … bytes
};

}  // namespace weir
