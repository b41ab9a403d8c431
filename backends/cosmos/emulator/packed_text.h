// Characters in half a byte each: hex digits, dates, numbers. SSE2, which every x86-64 has. All
// functions read and write up to 16 bytes more than they are asked for.
#pragma once

#include <cstddef>
#include <cstdint>

namespace weir::cosmos::emulator {

// 0 to 9, a to f. size: even. False when there are others.
bool PackHex(const char* text, size_t size, char* out);
void UnpackHex(const char* packed, size_t size, char* out);

// 0 to 9 and - : . T Z +
bool PackDate(const char* text, size_t size, char* out);
void UnpackDate(const char* packed, size_t size, char* out);

// How many digits the text begins with, at most 16; packs them as UnpackDate reads them.
size_t PackDigits(const char* text, char* out);

}  // namespace weir::cosmos::emulator
