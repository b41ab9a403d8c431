#include "backends/cosmos/key_parts.h"

#include "base/check.h"

namespace weir::cosmos {

void KeyParts::Start(bool wanted) {
  wanted_ = wanted;
  text_.clear();
  ends_.clear();
  parts_.clear();
}

void KeyParts::Add(std::string_view header) {
  WEIR_CHECK(header.size() >= 2);
  text_.append(header.substr(1, header.size() - 2));
  ends_.push_back(text_.size());
  parts_.emplace_back();
}

// The text may have moved while it grew.
absl::Span<const KeyPart> KeyParts::View() {
  size_t begin = 0;
  for (size_t i = 0; i < parts_.size(); ++i) {
    parts_[i].key = std::string_view(text_).substr(begin, ends_[i] - begin);
    begin = ends_[i];
  }
  return parts_;
}

}  // namespace weir::cosmos
