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

}  // namespace weir::cosmos
