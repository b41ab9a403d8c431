// SHA-256 of bytes given piece by piece. Not thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace weir {

class Sha256 {
 public:
  Sha256();
  ~Sha256();

  void Update(absl::string_view bytes);
  std::string Hex();  // 64 lower-case digits; once, at the end

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

}  // namespace weir
