#include "backends/cosmos/http_headers.h"

namespace weir::cosmos {

std::string* HttpHeaders::Open(std::string_view name) {
  starts_.push_back(text_.size());
  text_.append(name);
  text_.append(": ");
  return &text_;
}

void HttpHeaders::Close() { text_.push_back('\0'); }

void HttpHeaders::Add(std::string_view name, std::string_view value) {
  Open(name)->append(value);
  Close();
}

void HttpHeaders::Suppress(std::string_view name) {
  starts_.push_back(text_.size());
  text_.append(name);
  text_.append(":");
  Close();
  suppressed_bytes_ += name.size() + 3;
}

void HttpHeaders::Truncate(size_t count) {
  if (count >= starts_.size()) return;
  text_.resize(starts_[count]);
  starts_.resize(count);
}

curl_slist* HttpHeaders::Link() {
  nodes_.resize(starts_.size());
  for (size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].data = text_.data() + starts_[i];
    nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
  }
  return nodes_.empty() ? nullptr : nodes_.data();
}

}  // namespace weir::cosmos
