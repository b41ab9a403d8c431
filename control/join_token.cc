#include "control/join_token.h"

#include <sys/random.h>

#include <array>
#include <cstdlib>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"

namespace weir {
namespace {

constexpr char kPrefix[] = "weir1.";      // weir1.EXPIRES.SECRET
constexpr size_t kFewestCharacters = 22;  // 128 bits in base64
constexpr size_t kMostCharacters = 1024;
constexpr char kCharacters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

// 0 where the text does not state one.
int64_t StatedExpiry(absl::string_view text) {
  if (!absl::StartsWith(text, kPrefix)) return 0;
  text.remove_prefix(sizeof(kPrefix) - 1);
  int64_t unix_s = 0;
  return absl::SimpleAtoi(text.substr(0, text.find('.')), &unix_s) ? unix_s : 0;
}

}  // namespace

JoinToken JoinToken::Make(int64_t expires_unix_s) {
  std::array<char, 32> bytes;
  WEIR_CHECK(getrandom(bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
  JoinToken token;
  token.text_ = absl::StrCat(kPrefix, expires_unix_s, ".",
                             absl::BytesToHexString({bytes.data(), bytes.size()}));
  token.expires_unix_s_ = expires_unix_s;
  return token;
}

absl::StatusOr<JoinToken> JoinToken::Parse(absl::string_view text) {
  if (text.size() < kFewestCharacters || text.size() > kMostCharacters ||
      text.find_first_not_of(kCharacters) != absl::string_view::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a join token has ", kFewestCharacters, " to ", kMostCharacters,
        " characters of A-Z, a-z, 0-9, '-', '_' and '.'; `weir certs --out DIR` makes one"));
  }
  JoinToken token;
  token.text_ = std::string(text);
  token.expires_unix_s_ = StatedExpiry(text);
  return token;
}

bool JoinToken::Matches(absl::string_view shown) const {
  return !none() && EqualThroughout<absl::string_view>(text_, shown);
}

absl::StatusOr<JoinToken> ReadJoinToken(const std::string& file) {
  if (file.empty()) {
    const char* value = std::getenv(kJoinTokenVariable);
    if (value == nullptr) return JoinToken();
    auto token = JoinToken::Parse(value);
    unsetenv(kJoinTokenVariable);
    if (token.ok()) return token;
    return absl::InvalidArgumentError(
        absl::StrCat(kJoinTokenVariable, ": ", token.status().message()));
  }
  std::ifstream stream(file, std::ios::binary);
  std::string text(kMostCharacters + 2, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<size_t>(stream.gcount()));
  if (!stream.eof() && stream.fail()) {
    return absl::InvalidArgumentError(absl::StrCat("cannot read the join token from ", file));
  }
  auto token = JoinToken::Parse(absl::StripAsciiWhitespace(text));
  if (token.ok()) return token;
  return absl::InvalidArgumentError(absl::StrCat(file, ": ", token.status().message()));
}

}  // namespace weir
