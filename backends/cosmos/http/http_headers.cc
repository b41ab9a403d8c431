#include "backends/cosmos/http/http_headers.h"

namespace weir::cosmos {

std::string* HttpHeaders::Open(std::string_view name) {
  starts_.push_back(text_.size());
  text_.append(name);
  text_.append(": ");
  return &text_;
}

void HttpHeaders::Close() { text_.append("\r\n"); }

void HttpHeaders::Add(std::string_view name, std::string_view value) {
  Open(name)->append(value);
  Close();
}

void HttpHeaders::Truncate(size_t count) {
  if (count >= starts_.size()) return;
  text_.resize(starts_[count]);
  starts_.resize(count);
}

}  // namespace weir::cosmos
