// libFuzzer: any bytes as a connection's requests are refused or read, and make the same in two
// pieces as in one. The first byte says where to cut.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "tests/backends/emulator/parsed_request.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using weir::cosmos::emulator::ParsedRequests;
  using weir::cosmos::emulator::ParseInPieces;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const ParsedRequests whole = ParseInPieces(text, {});
  WEIR_CHECK(ParseInPieces(text, {bytes[0] % (text.size() + 1)}) == whole);
  return 0;
}
