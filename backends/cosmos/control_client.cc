#include "backends/cosmos/control_client.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos {
namespace {

constexpr int64_t kAnswerTimeoutNs = 60 * kNsPerSecond;
constexpr int64_t kThrottledForNs = 60 * kNsPerSecond;
constexpr int64_t kShortestWaitNs = 10 * kNsPerMs;

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 400:
    case 413:
      return absl::StatusCode::kInvalidArgument;
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return absl::StatusCode::kAlreadyExists;
    case 408:
    case 410:
    case 429:
    case 449:
    case 503:
      return absl::StatusCode::kUnavailable;
    default:
      return absl::StatusCode::kInternal;
  }
}

}  // namespace

ControlClient::ControlClient(const Gateway& gateway, HttpEngine& engine)
    : engine_(engine), requests_(gateway), exchange_(engine, *this) {}
ControlClient::~ControlClient() = default;

HttpExchange& ControlClient::Begin(HttpMethod method, const Resource& resource) {
  requests_.Begin(exchange_, method, resource);
  return exchange_;
}

HttpExchange& ControlClient::BeginDocument(HttpMethod method, std::string_view id) {
  requests_.BeginDocument(exchange_, method, id);
  return exchange_;
}

void ControlClient::WaitFor(int64_t ns) {
  EventLoop& loop = engine_.loop();
  const int64_t until = loop.Now() + ns;
  while (loop.Now() < until) loop.RunOnce(until);
}

bool ControlClient::WaitForAnswer() {
  EventLoop& loop = engine_.loop();
  const int64_t until = loop.Now() + kAnswerTimeoutNs;
  while (!answered_ && loop.Now() < until) loop.RunOnce(until);
  if (!answered_) exchange_.Cancel();
  return answered_;
}

absl::Status ControlClient::SendUntilNotThrottled() {
  throttled_charges_.clear();
  const int64_t give_up = engine_.loop().Now() + kThrottledForNs;
  while (true) {
    answered_ = false;
    exchange_.Send();
    if (!WaitForAnswer()) return absl::UnavailableError("no answer within 60 s");
    if (exchange_.transport() != Transport::kAnswered) {
      return absl::UnavailableError(exchange_.transport_error());
    }
    if (exchange_.status() != 429 || engine_.loop().Now() > give_up) return absl::OkStatus();
    throttled_charges_.push_back(exchange_.answer_headers().charge);
    WaitFor(std::max(exchange_.answer_headers().retry_after_ns, kShortestWaitNs));
    exchange_.ClearAnswer();
  }
}

absl::Status ControlClient::Refusal() {
  const std::string message(reader_.ErrorMessage(&exchange_.answer()));
  return absl::Status(
      CodeOf(exchange_.status()),
      absl::StrCat("HTTP ", exchange_.status(), message.empty() ? "" : ": ", message));
}

absl::Status ControlClient::Annotated(const absl::Status& status, absl::string_view doing) const {
  return Annotate(Annotate(status, doing), absl::StrCat("cosmos at ", engine_.settings().url));
}

absl::Status ControlClient::Perform(absl::string_view doing) {
  absl::Status sent = SendUntilNotThrottled();
  if (!sent.ok()) return Annotated(sent, doing);
  if (exchange_.status() < 300) return absl::OkStatus();
  return Annotated(Refusal(), doing);
}

absl::StatusOr<bool> ControlClient::PerformIfFound(absl::string_view doing) {
  const absl::Status status = Perform(doing);
  if (status.ok()) return true;
  if (absl::IsNotFound(status)) return false;
  return status;
}

absl::Status ControlClient::Connect() {
  Begin(HttpMethod::kGet, requests_.gateway().account);
  answered_ = false;
  exchange_.SendOnNewConnection();
  absl::Status sent = absl::OkStatus();
  if (!WaitForAnswer()) {
    sent = absl::UnavailableError("no answer within 60 s");
  } else if (exchange_.transport() != Transport::kAnswered) {
    sent = absl::UnavailableError(exchange_.transport_error());
  } else if (exchange_.status() >= 300 && exchange_.status() != 429) {
    sent = Refusal();
  }
  return Annotated(sent, "connecting");
}

}  // namespace weir::cosmos
