#include "measure/v2_payload.h"

#include <bit>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace weir {
namespace {

constexpr uint32_t kCookie = 0x1c849303 | 0x10;
constexpr uint64_t kLowest = 1;
constexpr double kIntegerToDouble = 1.0;
constexpr size_t kLongestNumber = 9;

void PutBigEndian(uint64_t value, int bytes, std::string* out) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

uint64_t BigEndian(std::string_view bytes) {
  uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<uint8_t>(byte);
  return value;
}

void PutNumber(int64_t number, std::string* out) {
  uint64_t bits = static_cast<uint64_t>(number) << 1 ^ static_cast<uint64_t>(number >> 63);
  char bytes[kLongestNumber];
  size_t size = 0;
  while (bits >= 0x80 && size < kLongestNumber - 1) {
    bytes[size++] = static_cast<char>(bits | 0x80);
    bits >>= 7;
  }
  bytes[size++] = static_cast<char>(bits);  // the ninth byte holds eight bits
  out->append(bytes, size);
}

// As HdrHistogram does it: one zero stands for itself, more are counted.
void PutZeros(size_t zeros, std::string* out) {
  if (zeros == 1) PutNumber(0, out);
  if (zeros > 1) PutNumber(-static_cast<int64_t>(zeros), out);
}

void PutCounters(std::span<const uint64_t> counters, std::string* out) {
  size_t zeros = 0;
  for (const uint64_t counter : counters) {
    if (counter == 0) {
      ++zeros;
      continue;
    }
    PutZeros(zeros, out);
    zeros = 0;
    PutNumber(static_cast<int64_t>(counter), out);
  }
  PutZeros(zeros, out);
}

std::string Header(uint64_t counter_bytes) {
  std::string header;
  header.reserve(kV2HeaderBytes);
  PutBigEndian(kCookie, 4, &header);
  PutBigEndian(counter_bytes, 4, &header);
  PutBigEndian(0, 4, &header);  // normalizing index offset
  PutBigEndian(Histogram::kSignificantDigits, 4, &header);
  PutBigEndian(kLowest, 8, &header);
  PutBigEndian(Histogram::kHighest, 8, &header);
  PutBigEndian(std::bit_cast<uint64_t>(kIntegerToDouble), 8, &header);
  return header;
}

// What our own headers begin with and end with, around their length.
bool IsOurHeader(std::string_view payload) {
  static const auto* const ours = new std::string(Header(0));
  const std::string_view header = payload.substr(0, kV2HeaderBytes);
  return header.substr(0, 4) == std::string_view(*ours).substr(0, 4) &&
         header.substr(8) == std::string_view(*ours).substr(8);
}

absl::Status OtherLayout(absl::string_view what, uint64_t found, uint64_t wanted) {
  return absl::InvalidArgumentError(absl::StrCat("histogram payload has another layout: ", what,
                                                 " ", found, " instead of ", wanted));
}

}  // namespace

std::string EncodeV2Payload(std::span<const uint64_t> counters) {
  std::string numbers;
  PutCounters(counters, &numbers);
  if (numbers.empty()) PutNumber(0, &numbers);  // HdrHistogram always writes counter 0
  return Header(numbers.size()) + numbers;
}

absl::Status CheckV2Header(std::string_view payload) {
  const bool ours = payload.size() >= kV2HeaderBytes && IsOurHeader(payload);
  if (ours && BigEndian(payload.substr(4, 4)) == payload.size() - kV2HeaderBytes) {
    return absl::OkStatus();
  }
  if (payload.size() < kV2HeaderBytes) {
    return V2PayloadBroken(payload.size(), "ends within its header");
  }
  const auto field = [&](size_t at, size_t bytes) { return BigEndian(payload.substr(at, bytes)); };
  if (field(0, 4) != kCookie) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "not a V2 histogram payload: starts with 0x%08x instead of 0x%08x", field(0, 4), kCookie));
  }
  if (field(4, 4) != payload.size() - kV2HeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("histogram payload is cut or padded: ", payload.size() - kV2HeaderBytes,
                     " bytes of counters instead of ", field(4, 4)));
  }
  if (field(8, 4) != 0) return OtherLayout("normalizing index offset", field(8, 4), 0);
  if (field(12, 4) != Histogram::kSignificantDigits) {
    return OtherLayout("significant digits", field(12, 4), Histogram::kSignificantDigits);
  }
  if (field(16, 8) != kLowest) return OtherLayout("lowest value", field(16, 8), kLowest);
  if (field(24, 8) != Histogram::kHighest) {
    return OtherLayout("highest value", field(24, 8), Histogram::kHighest);
  }
  if (field(32, 8) != std::bit_cast<uint64_t>(kIntegerToDouble)) {
    return absl::InvalidArgumentError(
        "histogram payload has another layout: its integer-to-double ratio is not 1");
  }
  return absl::OkStatus();
}

absl::Status V2PayloadBroken(size_t at, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("histogram payload ", what, " (byte ", at, ")"));
}

}  // namespace weir
