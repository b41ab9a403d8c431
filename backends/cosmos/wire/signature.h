// Master-key authorization of Cosmos DB's REST protocol, for the side that signs and the side that
// checks. A MasterKey is immutable once made; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace weir::cosmos {

// The key that Microsoft publishes for its own emulator. Not a secret.
inline constexpr std::string_view kWellKnownEmulatorKey =
    "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

class MasterKey {
 public:
  // kInvalidArgument when it is not base64 or empty; the message does not repeat the key.
  static absl::StatusOr<MasterKey> FromBase64(std::string_view base64);

  // The value of the authorization header, URL-encoded. verb in any case; resource_type "docs";
  // resource_link "dbs/D/colls/C", not percent-encoded, its case kept; http_date as sent in
  // x-ms-date.
  std::string Token(std::string_view verb, std::string_view resource_type,
                    std::string_view resource_link, std::string_view http_date) const;

  // Whether `authorization` is what Token makes; in time that does not depend on where they differ.
  bool Verifies(std::string_view authorization, std::string_view verb,
                std::string_view resource_type, std::string_view resource_link,
                std::string_view http_date) const;

 private:
  friend class TokenCache;
  static constexpr size_t kDigestBytes = 32;
  static constexpr size_t kStateBytes = 112;  // of SHA256_CTX
  using State = std::array<uint32_t, kStateBytes / sizeof(uint32_t)>;

  explicit MasterKey(std::string_view raw);
  std::string TokenOf(std::string_view text) const;
  std::array<uint8_t, kDigestBytes> Hmac(std::string_view text) const;

  // SHA-256 after the key's inner and outer block: signing costs two blocks less, and no set-up.
  State inner_;
  State outer_;
  uint64_t serial_;  // of this key in this process: copies share it
};

// The tokens made last: requests to one resource within a second are signed alike. A token is
// found only by exactly the text that was signed, and by the key. One thread's.
class TokenCache {
 public:
  // As the key's own. The text is good until the next call.
  std::string_view Token(const MasterKey& key, std::string_view verb,
                         std::string_view resource_type, std::string_view resource_link,
                         std::string_view http_date);
  bool Verifies(const MasterKey& key, std::string_view authorization, std::string_view verb,
                std::string_view resource_type, std::string_view resource_link,
                std::string_view http_date);

 private:
  struct Entry {
    uint64_t key = 0;  // its serial; 0: none
    std::string text;
    std::string token;
  };

  std::array<Entry, 8> entries_;
  std::string text_;
};

// "Thu, 27 Apr 2017 00:51:12 GMT"
std::string HttpDate(int64_t unix_seconds);

// The seconds of such a date, in any case; nothing when it is not one.
std::optional<int64_t> ParseHttpDate(std::string_view date);

// Decodes %XX; '+' stays. Nothing when a % is not followed by two hex digits.
std::optional<std::string> PercentDecode(std::string_view text);

}  // namespace weir::cosmos
