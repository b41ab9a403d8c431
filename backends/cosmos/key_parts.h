// The logical partition keys that an operation uses, as its outcome tells them. Room is reused from
// operation to operation. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backends/api/operation.h"

namespace weir::cosmos {

class KeyParts {
 public:
  void Start(bool wanted);
  bool wanted() const { return wanted_; }

  // One more operation, on this key, written as the header has it: ["value"].
  void Add(std::string_view header);
  void AddCharge(size_t operation, MilliRu charge) { parts_[operation].charge += charge; }

  size_t size() const { return parts_.size(); }
  // Valid until the next call of another function.
  absl::Span<const KeyPart> View();

 private:
  bool wanted_ = false;
  std::string text_;
  std::vector<size_t> ends_;
  std::vector<KeyPart> parts_;
};

}  // namespace weir::cosmos
