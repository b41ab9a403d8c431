// Exchanges by libcurl's multi-socket interface.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <unordered_map>

#include "backends/cosmos/http/authority.h"
#include "backends/cosmos/http/http_engine.h"

namespace weir::cosmos {

class CurlTransport final : public HttpTransport, private TimerHandler {
 public:
  // Loop and settings outlive the transport.
  CurlTransport(EventLoop& loop, const HttpSettings& settings, const Authority& authority);
  ~CurlTransport() override;
  std::unique_ptr<HttpCarrier> MakeCarrier(HttpExchange& exchange) override;

 private:
  class Carrier;
  struct SocketWatch;

  static int OnSocket(CURL* easy, curl_socket_t socket, int what, void* self, void* watch);
  static int OnTimeout(CURLM* multi, long timeout_ms, void* self);

  void Add(CURL* easy);
  void Remove(CURL* easy);
  void OnTimer() override;
  void Act(curl_socket_t socket, int events);
  void TakeFinished();
  void Watch(curl_socket_t socket, int what);
  void KeepTimer();

  EventLoop& loop_;
  const HttpSettings& settings_;
  const size_t host_bytes_;  // of the Host header's value
  CURLM* multi_;
  std::unordered_map<curl_socket_t, std::unique_ptr<SocketWatch>> watches_;  // kept for reuse
  int added_ = 0;         // handles in the multi that have not been reported finished
  int64_t due_ns_;        // when libcurl wants to be called
  int64_t scheduled_ns_;  // when our timer runs; at or before due_ns_
  TimerId timer_ = 0;
};

}  // namespace weir::cosmos
