// The secret by which agents and coordinator of one run know each other (R53). Comes from a file or
// the environment, never from the command line; is compared, and kept nowhere.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weir {

inline constexpr char kJoinTokenVariable[] = "WEIR_JOIN_TOKEN";

// Whether two texts are the same, in a time that does not depend on where they differ: every
// character is looked at. `Text` has size() and [].
template <typename Text>
bool EqualThroughout(const Text& one, const Text& other) {
  if (one.size() != other.size()) return false;
  unsigned difference = 0;
  for (size_t i = 0; i < one.size(); ++i) {
    difference |= static_cast<unsigned char>(one[i]) ^ static_cast<unsigned char>(other[i]);
  }
  return difference == 0;
}

class JoinToken {
 public:
  JoinToken() = default;  // none

  // 256 random bits; the time at which it expires is part of the text.
  static JoinToken Make(int64_t expires_unix_s);
  // Any secret of at least 22 letters, digits, '-', '_' or '.', which is 128 bits in base64. One of
  // Make's says itself when it expires; others never do.
  static absl::StatusOr<JoinToken> Parse(absl::string_view text);

  bool none() const { return text_.empty(); }
  const std::string& Reveal() const { return text_; }  // to be sent to the other end, or written

  // By EqualThroughout. Nothing matches none.
  bool Matches(absl::string_view shown) const;
  bool ExpiredAt(int64_t unix_s) const { return expires_unix_s_ != 0 && unix_s >= expires_unix_s_; }
  int64_t expires_unix_s() const { return expires_unix_s_; }  // 0: never

 private:
  std::string text_;
  int64_t expires_unix_s_ = 0;
};

// From the file; where `file` is empty, from WEIR_JOIN_TOKEN, which is taken out of the
// environment so that no child inherits it. None when there is neither.
absl::StatusOr<JoinToken> ReadJoinToken(const std::string& file);

}  // namespace weir
