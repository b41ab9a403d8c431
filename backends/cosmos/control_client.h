// Requests outside the measured path, one at a time and waited for: set-up, disclosure, reading
// back. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

#include "backends/cosmos/answer_reader.h"
#include "backends/cosmos/gateway.h"
#include "backends/cosmos/http/http_engine.h"
#include "base/epoll_loop.h"

namespace weir::cosmos {

class ControlClient final : private ExchangeHandler {
 public:
  // `engine`, the gateway and their loop outlive the client; the loop is run while it waits.
  ControlClient(const Gateway& gateway, HttpEngine& engine);
  ~ControlClient() override;

  // The request to build; its answer after Perform.
  HttpExchange& Begin(HttpMethod method, const Resource& resource);
  HttpExchange& BeginDocument(HttpMethod method, std::string_view id);
  HttpExchange& exchange() { return exchange_; }

  // Sends and waits. Throttled requests are sent again after the time the server asks for, within a
  // minute in all. Not OK for any other refusal; `doing` says for what: "creating the container".
  absl::Status Perform(absl::string_view doing);

  // As Perform, but 404 is no error; false then.
  absl::StatusOr<bool> PerformIfFound(absl::string_view doing);

  // Of the attempts of the last Perform that were throttled.
  const std::vector<MilliRu>& throttled_charges() const { return throttled_charges_; }

  // Opens a connection that stays in the engine's pool.
  absl::Status Connect();

 private:
  void OnExchange(HttpExchange&) override { answered_ = true; }
  bool WaitForAnswer();
  void WaitFor(int64_t ns);
  absl::Status SendUntilNotThrottled();
  absl::Status Refusal();
  absl::Status Annotated(const absl::Status& status, absl::string_view doing) const;

  HttpEngine& engine_;
  RequestMaker requests_;
  AnswerReader reader_;
  HttpExchange exchange_;
  bool answered_ = false;
  std::vector<MilliRu> throttled_charges_;
};

// A control client with an event loop of its own.
class OwnControlClient {
 public:
  explicit OwnControlClient(const Gateway& gateway)
      : engine_(loop_, gateway.http, HttpClient::kLibcurl), client_(gateway, engine_) {}
  ControlClient& operator*() { return client_; }

 private:
  EpollLoop loop_;
  HttpEngine engine_;
  ControlClient client_;
};

}  // namespace weir::cosmos
