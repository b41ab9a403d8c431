// One-shot HMAC of OpenSSL 3 looks its algorithms up anew for each message, several times the cost
// of hashing these short texts; the low-level SHA-256 lets the key's blocks be hashed once.
#define OPENSSL_SUPPRESS_DEPRECATED

#include "backends/cosmos/wire/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <time.h>

#include <atomic>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace weir::cosmos {
namespace {

constexpr std::string_view kEncodedTokenHead = "type%3Dmaster%26ver%3D1.0%26sig%3D";
constexpr size_t kBlockBytes = 64;
constexpr size_t kSignatureChars = 44;  // base64 of 32 bytes

absl::string_view Absl(std::string_view text) { return {text.data(), text.size()}; }

void AppendLower(std::string_view text, std::string* out) {
  const size_t from = out->size();
  out->append(text);
  for (size_t i = from; i < out->size(); ++i) {
    char& c = (*out)[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
  }
}

// What is signed.
void AppendText(std::string_view verb, std::string_view resource_type,
                std::string_view resource_link, std::string_view http_date, std::string* text) {
  AppendLower(verb, text);
  text->push_back('\n');
  AppendLower(resource_type, text);
  text->push_back('\n');
  text->append(resource_link);
  text->push_back('\n');
  AppendLower(http_date, text);
  text->append("\n\n");
}

// In time that does not depend on where they differ.
bool AreSame(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// A client may encode the token otherwise than we do, or not at all.
bool IsEncodingOf(std::string_view authorization, std::string_view token) {
  if (AreSame(authorization, token)) return true;
  const auto decoded = PercentDecode(authorization);
  const auto expected = PercentDecode(token);
  return decoded && AreSame(*decoded, *expected);
}

uint64_t NextSerial() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1) + 1;
}

void AppendPercentEncodedBase64(std::string_view base64, std::string* out) {
  for (const char c : base64) {
    switch (c) {
      case '+':
        out->append("%2B");
        break;
      case '/':
        out->append("%2F");
        break;
      case '=':
        out->append("%3D");
        break;
      default:
        out->push_back(c);
    }
  }
}

// The key as one block of SHA-256, each byte combined with `pad`.
std::array<uint8_t, kBlockBytes> PaddedKey(std::string_view raw, uint8_t pad) {
  std::array<uint8_t, kBlockBytes> block{};
  if (raw.size() > kBlockBytes) {
    SHA256(reinterpret_cast<const uint8_t*>(raw.data()), raw.size(), block.data());
  } else {
    std::memcpy(block.data(), raw.data(), raw.size());
  }
  for (uint8_t& byte : block) byte ^= pad;
  return block;
}

template <typename State>
State StateAfter(const std::array<uint8_t, kBlockBytes>& block) {
  SHA256_CTX context;
  SHA256_Init(&context);
  SHA256_Update(&context, block.data(), block.size());
  State state;
  static_assert(sizeof(state) == sizeof(context));
  std::memcpy(state.data(), &context, sizeof(context));
  return state;
}

template <typename State>
void FinishFrom(const State& state, const void* text, size_t size, uint8_t* digest) {
  SHA256_CTX context;
  std::memcpy(&context, state.data(), sizeof(context));
  SHA256_Update(&context, text, size);
  SHA256_Final(digest, &context);
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = absl::ascii_tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

absl::StatusOr<MasterKey> MasterKey::FromBase64(std::string_view base64) {
  std::string raw;
  if (!absl::Base64Unescape(Absl(base64), &raw) || raw.empty()) {
    return absl::InvalidArgumentError("the account key is not base64");
  }
  MasterKey key(raw);
  OPENSSL_cleanse(raw.data(), raw.size());
  return key;
}

MasterKey::MasterKey(std::string_view raw)
    : inner_(StateAfter<State>(PaddedKey(raw, 0x36))),
      outer_(StateAfter<State>(PaddedKey(raw, 0x5C))),
      serial_(NextSerial()) {}

std::array<uint8_t, MasterKey::kDigestBytes> MasterKey::Hmac(std::string_view text) const {
  std::array<uint8_t, kDigestBytes> digest;
  FinishFrom(inner_, text.data(), text.size(), digest.data());
  FinishFrom(outer_, digest.data(), digest.size(), digest.data());
  return digest;
}

std::string MasterKey::TokenOf(std::string_view text) const {
  const auto digest = Hmac(text);
  uint8_t base64[kSignatureChars + 1];
  EVP_EncodeBlock(base64, digest.data(), static_cast<int>(digest.size()));
  std::string token;
  token.reserve(kEncodedTokenHead.size() + 3 * kSignatureChars);
  token.append(kEncodedTokenHead);
  AppendPercentEncodedBase64({reinterpret_cast<const char*>(base64), kSignatureChars}, &token);
  return token;
}

std::string MasterKey::Token(std::string_view verb, std::string_view resource_type,
                             std::string_view resource_link, std::string_view http_date) const {
  std::string text;
  AppendText(verb, resource_type, resource_link, http_date, &text);
  return TokenOf(text);
}

bool MasterKey::Verifies(std::string_view authorization, std::string_view verb,
                         std::string_view resource_type, std::string_view resource_link,
                         std::string_view http_date) const {
  return IsEncodingOf(authorization, Token(verb, resource_type, resource_link, http_date));
}

std::string_view TokenCache::Token(const MasterKey& key, std::string_view verb,
                                   std::string_view resource_type, std::string_view resource_link,
                                   std::string_view http_date) {
  text_.clear();
  AppendText(verb, resource_type, resource_link, http_date, &text_);
  Entry& entry = entries_[(verb.size() + resource_link.size()) % entries_.size()];
  if (entry.key == key.serial_ && entry.text == text_) return entry.token;
  entry.key = key.serial_;
  entry.token = key.TokenOf(text_);
  entry.text.swap(text_);
  return entry.token;
}

bool TokenCache::Verifies(const MasterKey& key, std::string_view authorization,
                          std::string_view verb, std::string_view resource_type,
                          std::string_view resource_link, std::string_view http_date) {
  return IsEncodingOf(authorization, Token(key, verb, resource_type, resource_link, http_date));
}

std::string HttpDate(int64_t unix_seconds) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const time_t seconds = unix_seconds;
  tm parts;
  gmtime_r(&seconds, &parts);
  const auto two = [](int value) { return absl::Dec(value, absl::kZeroPad2); };
  return absl::StrCat(kDays[parts.tm_wday], ", ", two(parts.tm_mday), " ", kMonths[parts.tm_mon],
                      " ", parts.tm_year + 1900, " ", two(parts.tm_hour), ":", two(parts.tm_min),
                      ":", two(parts.tm_sec), " GMT");
}

std::optional<int64_t> ParseHttpDate(std::string_view date) {
  const std::string text(date);
  tm parts{};
  const char* end = strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S", &parts);
  if (end == nullptr || !absl::EqualsIgnoreCase(end, " GMT")) return std::nullopt;
  return timegm(&parts);
}

std::optional<std::string> PercentDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      out.push_back(text[at]);
      continue;
    }
    if (at + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[at + 1]);
    const int low = HexDigit(text[at + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<char>(high * 16 + low));
    at += 2;
  }
  return out;
}

}  // namespace weir::cosmos
