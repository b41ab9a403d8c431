// Any bytes as an HTTP answer are refused or read, and make the same in two pieces as in
// one. The first byte says where to cut.
#include <string>

#include "base/check.h"
#include "tests/backends/cosmos_http/parsed_answer.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const weir::cosmos::ParsedAnswer whole = weir::cosmos::ParseInPieces(text, {});
  WEIR_CHECK(whole.body.size() + whole.left.size() <= text.size());
  WEIR_CHECK(weir::cosmos::ParseInPieces(text, {bytes[0] % (text.size() + 1)}) == whole);
  return 0;
}

namespace weir {

std::vector<std::string> FuzzSeeds() {
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  return {std::string(1, '\0') + head + "Content-Length: 2\r\n\r\n{}",
          "\5" + head + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
          "\7HTTP/1.1 429 Too Many\r\nx-ms-retry-after-ms: 5\r\nContent-Length: 0\r\n\r\n"};
}

}  // namespace weir
