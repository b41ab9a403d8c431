// WEIR_CHECK: for what only a mistake in our own code can break. On in release. Prints the broken
// condition with its place and aborts.
#pragma once

namespace weir::internal {
[[noreturn]] void CheckFailed(const char* file, int line, const char* condition);
}  // namespace weir::internal

#define WEIR_CHECK(condition)                                        \
  do {                                                               \
    if (!(condition)) [[unlikely]]                                   \
      ::weir::internal::CheckFailed(__FILE__, __LINE__, #condition); \
  } while (false)
