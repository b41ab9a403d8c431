// The words that the logs dataset is made of: names of services and regions, routes, message
// templates. Changing any of them changes what every seed means. Immutable; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weir {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError, kFatal };
inline constexpr int kLogLevels = 5;
inline constexpr std::array<std::string_view, kLogLevels> kLogLevelNames = {"DEBUG", "INFO", "WARN",
                                                                            "ERROR", "FATAL"};

// "checkout-api"; all different.
std::string ServiceName(uint32_t service);

struct RegionName {
  std::string name;  // "eu-west-1"
  std::string code;  // "euw1", as hosts begin
};
RegionName NameOfRegion(uint32_t region);

// One route of a service; `path` keeps "{id}" where a real one has a value.
struct Route {
  std::string_view method;
  std::string path;
};
inline constexpr int kRoutesPerService = 10;
// Services of the same domain share them; `domain` < kDomains.
std::vector<Route> RoutesOfDomain(uint32_t domain);
uint32_t DomainOfService(uint32_t service);
extern const uint32_t kDomains;

// What stands in a template's place.
enum class Slot : uint8_t {
  kNone,
  kNumber,    // 0 … 9999
  kId,        // 16 hex digits
  kAddress,   // 10.x.y.z
  kHost,      // the record's own
  kRoute,     // the record's method and path
  kStatus,    // the record's own
  kLatency,   // the record's own, in milliseconds
  kDuration,  // some other
  kBytes,     // the record's own
  kUser,      // the record's own
  kService,   // another one
  kPhrase,    // quoted words of people, with all that makes encoders fail
};

// Literal text, then a slot.
struct Fragment {
  std::string_view literal;
  Slot slot = Slot::kNone;
};
using MessageTemplate = std::vector<Fragment>;

// Templates of a level, parsed once per process.
const std::vector<MessageTemplate>& TemplatesOf(LogLevel level);

// Phrases with quotes, backslashes, control characters and letters beyond ASCII.
inline constexpr int kPhrases = 16;
extern const std::array<std::string_view, kPhrases> kPhraseTexts;

}  // namespace weir
