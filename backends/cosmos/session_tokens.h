// What one session must show to read its own writes: the latest token of each partition that
// answered it. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::cosmos {

class SessionTokens {
 public:
  // "0:-1#12", or several joined by commas.
  void Take(std::string_view tokens);

  bool empty() const { return latest_.empty(); }
  void AppendTo(std::string* out) const;

 private:
  void TakeOne(std::string_view token);

  struct Latest {
    std::string range;
    std::string token;
  };
  std::vector<Latest> latest_;
};

}  // namespace weir::cosmos
