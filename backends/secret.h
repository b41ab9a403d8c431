// Reads a secret where it is referred to. The value lives in the backend that needs it, and is
// never put into a message, a log line or a report.
#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

#include "proto/rules.pb.h"

namespace weir {

// A secret in memory. It has no stream operator, no conversion and no way into a format: who needs
// the text has to say Reveal.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}

  const std::string& Reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend std::ostream& operator<<(std::ostream&, const SecretText&) = delete;

 private:
  std::string text_;
};

// Empty when the reference is not set. `what` names the field in messages: "targets.cosmos.key".
// An unset variable or an unreadable file is kInvalidArgument. One trailing newline of a file is
// dropped.
absl::StatusOr<SecretText> ReadSecret(const v1::Secret& secret, std::string_view what);

}  // namespace weir
