#include "backends/cosmos/emulator/authentication.h"

#include <stdlib.h>
#include <time.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/wire/headers.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int64_t kTokenLifetimeSeconds = 900;

// Nearly all requests of a second carry the same date.
std::optional<int64_t> ParseDateOf(std::string_view date) {
  thread_local std::string known;
  thread_local std::optional<int64_t> seconds;
  if (date != known) {
    seconds = ParseHttpDate(date);
    known = date;
  }
  return seconds;
}

}  // namespace

bool IsAuthentic(const MasterKey& key, const HttpRequest& request, const ResourcePath& path,
                 HttpResponse* error) {
  const std::string_view authorization = request.Header(header::kAuthorization);
  const std::string_view date = request.Header(header::kDate);
  if (authorization.empty()) {
    *error = ErrorAnswer(401, 0, "the header authorization is missing");
    return false;
  }
  if (authorization.starts_with("type%3Daad") || authorization.starts_with("type=aad")) {
    *error = ErrorAnswer(401, 0,
                         "this emulator knows master keys only, not tokens of Microsoft Entra ID "
                         "(AAD): give the client the account's key");
    return false;
  }
  if (authorization.starts_with("type%3Dresource") || authorization.starts_with("type=resource")) {
    *error = ErrorAnswer(401, 0,
                         "this emulator knows master keys only, not resource tokens: give the "
                         "client the account's key");
    return false;
  }
  const auto sent = ParseDateOf(date);
  if (!sent) {
    *error = ErrorAnswer(401, 0, "the header x-ms-date is missing or not an RFC 1123 date in GMT");
    return false;
  }
  const int64_t now = time(nullptr);
  if (std::llabs(now - *sent) > kTokenLifetimeSeconds) {
    *error = ErrorAnswer(
        401, 0,
        absl::StrCat("the authorization token is not valid at the current time: x-ms-date is ",
                     std::string(date), ", the server's clock says ", HttpDate(now)));
    return false;
  }
  thread_local SignedResource resource;
  thread_local TokenCache tokens;
  resource.Find(path);
  const auto verifies = [&](std::string_view type, std::string_view link) {
    return tokens.Verifies(key, authorization, request.method, type, link, date);
  };
  // The JavaScript SDK signs an operation on a container as the container's, others as its own.
  if (!verifies(resource.type, resource.link) && !verifies(resource.type, RidLinkOf(path)) &&
      !(IsKeyDeletion(path) && verifies("colls", resource.link))) {
    *error = ErrorAnswer(
        401, 0,
        absl::StrCat(
            "the signature of the authorization header does not fit: wrong key, or another "
            "text was signed than verb ",
            std::string(request.method), ", type ", resource.type, ", link ", resource.link,
            " and x-ms-date"));
    return false;
  }
  return true;
}

}  // namespace weir::cosmos::emulator
