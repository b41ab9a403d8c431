// Any bytes as a V2 payload are refused, leaving the histogram as it was, or taken
// whole, so that encoding it again gives a payload of the same counters.
#include <string>
#include <string_view>

#include "base/check.h"
#include "measure/histogram.h"
#include "measure/v2_payload.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

weir::Histogram Known() {
  weir::Histogram histogram;
  for (const uint64_t value : {1u, 5'000u, 7'000'000u}) histogram.RecordTimes(value, 3);
  return histogram;
}

// The bytes as numbers behind a sound header, so that the fuzzer need not invent one.
std::string WithHeader(std::string_view numbers) {
  std::string payload = weir::Histogram().EncodeV2().substr(0, weir::kV2HeaderBytes);
  for (int i = 0; i < 4; ++i) {
    payload[static_cast<size_t>(4 + i)] = static_cast<char>(numbers.size() >> (24 - 8 * i));
  }
  return payload.append(numbers);
}

void Check(std::string_view payload) {
  static const weir::Histogram* const known = new weir::Histogram(Known());
  weir::Histogram histogram = *known;
  if (!histogram.AddEncodedV2(payload).ok()) {
    WEIR_CHECK(histogram == *known);
    return;
  }
  weir::Histogram again;
  WEIR_CHECK(again.AddEncodedV2(histogram.EncodeV2()).ok());
  WEIR_CHECK(again == histogram);
  WEIR_CHECK(again.count() == histogram.count());
  histogram.TakeBackEncodedV2(payload);
  WEIR_CHECK(histogram == *known);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  Check(input);
  Check(WithHeader(input));
  return 0;
}

namespace weir {

std::vector<std::string> FuzzSeeds() {
  Histogram histogram;
  for (const uint64_t value : {1u, 5'000u, 7'000'000u}) histogram.RecordTimes(value, 3);
  const std::string payload = histogram.EncodeV2();
  return {payload, payload.substr(kV2HeaderBytes)};
}

}  // namespace weir
