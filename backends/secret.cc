#include "backends/secret.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir {

absl::StatusOr<SecretText> ReadSecret(const v1::Secret& secret, std::string_view what) {
  if (secret.has_env()) {
    const char* value = std::getenv(secret.env().c_str());
    if (value == nullptr) {
      return absl::InvalidArgumentError(absl::StrCat(
          std::string(what), ": the environment variable ", secret.env(), " is not set"));
    }
    return SecretText(value);
  }
  if (secret.has_file()) {
    std::ifstream file(secret.file());
    std::ostringstream text;
    text << file.rdbuf();
    if (!file) {
      return absl::InvalidArgumentError(
          absl::StrCat(std::string(what), ": cannot read the file ", secret.file()));
    }
    std::string value = text.str();
    if (value.ends_with('\n')) value.pop_back();
    return SecretText(std::move(value));
  }
  return SecretText();
}

}  // namespace weir
