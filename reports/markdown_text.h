// Text of strangers in Markdown. Pure.
#pragma once

#include <string>

namespace weir {

// The text as it is, on one line: nothing in it becomes markup, in a table's cell or outside.
std::string MarkdownText(const std::string& text);

// The same in a span of code, for what is to be copied.
std::string MarkdownCode(const std::string& text);

}  // namespace weir
