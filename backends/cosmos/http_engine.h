// HTTP/1.1 on one event loop: libcurl's multi-socket interface, one pool of kept-alive connections
// for all sessions of the loop. Everything here runs on the loop's thread.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "backends/cosmos/answer_headers.h"
#include "backends/cosmos/http_headers.h"
#include "base/event_loop.h"

namespace weir::cosmos {

struct HttpSettings {
  std::string url;  // "https://account.documents.azure.com:443"
  std::string tls_root_certificate;
  int64_t connect_timeout_ns = 0;
};

class HttpExchange;

class ExchangeHandler {
 public:
  virtual ~ExchangeHandler() = default;
  // The exchange is over; never called from inside Send. It may be sent again from here.
  virtual void OnExchange(HttpExchange& exchange) = 0;
};

class HttpEngine final : private TimerHandler {
 public:
  // `loop` outlives the engine; the engine outlives its exchanges.
  HttpEngine(EventLoop& loop, HttpSettings settings);
  ~HttpEngine() override;
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  EventLoop& loop() { return loop_; }
  const HttpSettings& settings() const { return settings_; }

 private:
  friend class HttpExchange;
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
  HttpSettings settings_;
  CURLM* multi_;
  std::unordered_map<curl_socket_t, std::unique_ptr<SocketWatch>> watches_;  // kept for reuse
  int added_ = 0;         // handles in the multi that have not been reported finished
  int64_t due_ns_;        // when libcurl wants to be called
  int64_t scheduled_ns_;  // when our timer runs; at or before due_ns_
  TimerId timer_ = 0;
};

enum class HttpMethod : uint8_t { kGet, kPost, kPut, kDelete, kPatch };
std::string_view HttpMethodName(HttpMethod method);

enum class Transport : uint8_t {
  kAnswered,
  kNotSent,  // no connection: the server has not seen the request
  kLost,     // the connection broke after the request began to go out
};

// One request and its answer at a time, on a libcurl handle that is reused. Never repeats a request
// by itself, which libcurl would when a kept-alive connection breaks.
class HttpExchange {
 public:
  HttpExchange(HttpEngine& engine, ExchangeHandler& handler);
  ~HttpExchange();
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;

  // Clears the last request and answer. ClearAnswer leaves the request, to be sent again.
  void Begin(HttpMethod method);
  HttpMethod method() const { return method_; }
  std::string& target() { return target_; }  // path, percent-encoded
  HttpHeaders& headers() { return headers_; }
  std::string& body() { return body_; }
  // What the sender wants to remember with the request.
  void set_tag(uint32_t tag) { tag_ = tag; }
  uint32_t tag() const { return tag_; }

  void ClearAnswer();
  void Send();
  // As Send, on a connection of its own that is kept afterwards.
  void SendOnNewConnection();
  // Without an answer; the connection is closed.
  void Cancel();
  bool in_flight() const { return in_flight_; }

  Transport transport() const { return transport_; }
  // In words; only when there is no answer.
  std::string transport_error() const;
  int status() const { return status_; }
  const AnswerHeaders& answer_headers() const { return answer_headers_; }
  std::string& answer() { return answer_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  uint64_t bytes_received() const { return bytes_received_; }

 private:
  friend class HttpEngine;
  static size_t OnHeader(char* line, size_t size, size_t count, void* self);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);
  static int BeforeRequest(void* self, char*, char*, int, int);

  void SetConstantOptions();
  void SetMethod();
  void Finish(CURLcode result);
  uint64_t RequestBytes() const;

  HttpEngine& engine_;
  ExchangeHandler& handler_;
  CURL* easy_;
  HttpMethod method_ = HttpMethod::kGet;
  bool in_flight_ = false;
  std::string target_;
  HttpHeaders headers_;
  size_t constant_headers_;
  std::string body_;
  uint32_t tag_ = 0;

  int requests_begun_ = 0;  // on any connection, for this one request
  Transport transport_ = Transport::kNotSent;
  CURLcode result_ = CURLE_OK;
  int status_ = 0;
  AnswerHeaders answer_headers_;
  std::string answer_;
  uint64_t bytes_sent_ = 0;
  uint64_t bytes_received_ = 0;
};

}  // namespace weir::cosmos
