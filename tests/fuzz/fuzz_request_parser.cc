// Any bytes as a connection's requests are refused or read, and make the same in two
// pieces as in one. The first byte says where to cut.
#include <string>

#include "base/check.h"
#include "tests/backends/emulator/parsed_request.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using weir::cosmos::emulator::ParsedRequests;
  using weir::cosmos::emulator::ParseInPieces;
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const ParsedRequests whole = ParseInPieces(text, {});
  WEIR_CHECK(ParseInPieces(text, {bytes[0] % (text.size() + 1)}) == whole);
  return 0;
}

namespace weir {

std::vector<std::string> FuzzSeeds() {
  return {std::string(1, '\0') + "GET /dbs HTTP/1.1\r\nHost: h\r\n\r\n",
          "\11POST /dbs HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}GET / HTTP/1.1\r\n\r\n",
          "\3PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"};
}

}  // namespace weir
