// Headers of one HTTP request, in memory that is reused.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir::cosmos {

class HttpHeaders {
 public:
  void Add(std::string_view name, std::string_view value);

  // For a value made in place: append it to the string returned, then Close.
  std::string* Open(std::string_view name);
  void Close();

  // Forgets all headers but the first `count`.
  void Truncate(size_t count);
  size_t count() const { return starts_.size(); }

  // As sent, each line with its end; the i-th without it.
  const std::string& text() const { return text_; }
  std::string_view line(size_t i) const {
    const size_t end = i + 1 < starts_.size() ? starts_[i + 1] : text_.size();
    return std::string_view(text_).substr(starts_[i], end - starts_[i] - 2);
  }

 private:
  std::string text_;            // "name: value\r\n" one after the other
  std::vector<size_t> starts_;  // of each in text_
};

}  // namespace weir::cosmos
