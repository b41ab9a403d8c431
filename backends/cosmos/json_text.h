// Appends JSON to a string that is reused, so that a document costs no allocation. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weir::cosmos {

// Quoted and escaped; UTF-8 passes through as it is.
void AppendJsonString(std::string_view text, std::string* out);

// Escaped as inside a string, without the quotes: JSON held in a JSON string.
void AppendJsonEscaped(std::string_view text, std::string* out);

void AppendInteger(int64_t value, std::string* out);

// The shortest text that reads back as the same double. JSON has no word for NaN and infinity:
// null.
void AppendReal(double value, std::string* out);

// The same to memory that has room enough; return the end of what they wrote.
inline constexpr size_t kLongestNumber = 32;
constexpr size_t LongestJsonString(size_t text_bytes) { return 6 * text_bytes + 2; }
char* PutJsonString(std::string_view text, char* at);
char* PutInteger(int64_t value, char* at);
char* PutReal(double value, char* at);

}  // namespace weir::cosmos
