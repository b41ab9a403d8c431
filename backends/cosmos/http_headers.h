// Headers of one HTTP request in the form libcurl takes, built in memory that is reused.
#pragma once

#include <curl/curl.h>

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

  // Keeps libcurl from sending a header of its own of this name.
  void Suppress(std::string_view name);

  // Forgets all headers but the first `count`.
  void Truncate(size_t count);
  size_t count() const { return starts_.size(); }

  uint64_t wire_bytes() const { return text_.size() + starts_.size() - suppressed_bytes_; }

  // As a list; valid until the next change.
  curl_slist* Link();

 private:
  std::string text_;            // "name: value\0" one after the other
  std::vector<size_t> starts_;  // of each in text_
  std::vector<curl_slist> nodes_;
  uint64_t suppressed_bytes_ = 0;  // only before the first Truncate
};

}  // namespace weir::cosmos
