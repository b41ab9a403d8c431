#include "reports/markdown_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "base/printable.h"

namespace weir {

std::string MarkdownText(const std::string& text) {
  return absl::StrReplaceAll(Printable(text), {{"\\", "\\\\"},
                                               {"|", "\\|"},
                                               {"`", "\\`"},
                                               {"*", "\\*"},
                                               {"_", "\\_"},
                                               {"[", "\\["},
                                               {"]", "\\]"},
                                               {"<", "&lt;"},
                                               {">", "&gt;"}});
}

// Within a span nothing is markup but its end.
std::string MarkdownCode(const std::string& text) {
  return absl::StrCat("`", absl::StrReplaceAll(Printable(text), {{"`", "'"}}), "`");
}

}  // namespace weir
