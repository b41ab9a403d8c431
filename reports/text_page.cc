#include "reports/text_page.h"

#include <utility>

#include "absl/strings/str_cat.h"

#include "base/printable.h"
#include "reports/text_table.h"

namespace weir {
namespace {

const char* Code(Ink ink) {
  switch (ink) {
    case Ink::kBold:
      return "\x1b[1m";
    case Ink::kGood:
      return "\x1b[1;32m";
    case Ink::kWarning:
      return "\x1b[1;33m";
    case Ink::kBad:
      return "\x1b[1;31m";
    default:
      return "";
  }
}

}  // namespace

void TextPage::Line(const std::string& line) { absl::StrAppend(&text_, line, "\n"); }

void TextPage::Heading(const std::string& text) {
  Line("");
  Line(Paint(Ink::kBold, Printable(text)));
}

void TextPage::Indented(const std::string& bullet, const std::string& text, Ink ink) {
  text_ += Paint(ink, Printable(bullet));
  text_ += Wrapped(Printable(text), width_ - static_cast<int>(bullet.size()),
                   std::string(bullet.size(), ' '));
}

void TextPage::Add(const std::string& lines) { text_ += lines; }

std::string TextPage::Paint(Ink ink, const std::string& text) const {
  return colour_ && ink != Ink::kPlain ? absl::StrCat(Code(ink), text, "\x1b[0m") : text;
}

std::string TextPage::Take() { return std::exchange(text_, ""); }

}  // namespace weir
