// libFuzzer: any bytes as an HTTP answer are refused or read, and make the same in two pieces as in
// one. The first byte says where to cut.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "tests/backends/cosmos_http/parsed_answer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size == 0) return 0;
  const std::string text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const weir::cosmos::ParsedAnswer whole = weir::cosmos::ParseInPieces(text, {});
  WEIR_CHECK(whole.body.size() + whole.left.size() <= text.size());
  WEIR_CHECK(weir::cosmos::ParseInPieces(text, {bytes[0] % (text.size() + 1)}) == whole);
  return 0;
}
