// HTTP/1.1 on one event loop: one pool of kept-alive connections for all exchanges of the loop.
// Everything here runs on the loop's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "backends/cosmos/http/answer_headers.h"
#include "backends/cosmos/http/http_headers.h"
#include "backends/cosmos/http/http_transport.h"
#include "base/event_loop.h"

namespace weir::cosmos {

// By what requests are sent: libcurl, which can do everything, or sockets of our own, which cost a
// third of it (tests/bench/http_bench.cc).
enum class HttpClient : uint8_t { kLibcurl, kDirect };

struct HttpSettings {
  std::string url;  // "https://account.documents.azure.com:443"; one that ParseAuthority takes
  std::string tls_root_certificate;  // a file; the machine's authorities when empty
  int64_t connect_timeout_ns = 0;    // 0: none of ours
};

class HttpExchange;

class ExchangeHandler {
 public:
  virtual ~ExchangeHandler() = default;
  // The exchange is over; never called from inside Send. From here any exchange of the engine may
  // be sent, cancelled or destroyed, this one too; the engine itself may not be destroyed.
  virtual void OnExchange(HttpExchange& exchange) = 0;
};

class HttpEngine {
 public:
  // `loop` outlives the engine; the engine outlives its exchanges.
  HttpEngine(EventLoop& loop, HttpSettings settings, HttpClient client);
  HttpEngine(const HttpEngine&) = delete;
  HttpEngine& operator=(const HttpEngine&) = delete;

  EventLoop& loop() { return loop_; }
  const HttpSettings& settings() const { return settings_; }
  HttpTransport& transport() { return *transport_; }

 private:
  EventLoop& loop_;
  const HttpSettings settings_;
  const std::unique_ptr<HttpTransport> transport_;
};

enum class HttpMethod : uint8_t { kGet, kPost, kPut, kDelete, kPatch };
std::string_view HttpMethodName(HttpMethod method);  // ends in a NUL
bool HasBody(HttpMethod method);

enum class Transport : uint8_t {
  kAnswered,
  kNotSent,  // no connection: the server has not seen the request
  kLost,     // the connection broke after the request began to go out
};

// One request and its answer at a time; its memory is reused. A request is never repeated behind
// the handler's back: a write could be applied twice.
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
  std::string transport_error() const { return carrier_->Error(); }
  int status() const { return status_; }
  AnswerHeaders& answer_headers() { return answer_headers_; }
  const AnswerHeaders& answer_headers() const { return answer_headers_; }
  std::string& answer() { return answer_; }
  uint64_t bytes_sent() const { return bytes_sent_; }
  uint64_t bytes_received() const { return bytes_received_; }

  // For its carrier: how it ended. status is 0 without an answer; what was received as headers and
  // body is in answer_headers and answer.
  struct End {
    Transport transport = Transport::kNotSent;
    int status = 0;
    uint64_t bytes_sent = 0;
    uint64_t header_bytes_received = 0;
  };
  void Finish(const End& end);

 private:
  ExchangeHandler& handler_;
  HttpMethod method_ = HttpMethod::kGet;
  bool in_flight_ = false;
  std::string target_;
  HttpHeaders headers_;
  size_t constant_headers_;
  std::string body_;
  uint32_t tag_ = 0;

  Transport transport_ = Transport::kNotSent;
  int status_ = 0;
  AnswerHeaders answer_headers_;
  std::string answer_;
  uint64_t bytes_sent_ = 0;
  uint64_t bytes_received_ = 0;
  const std::unique_ptr<HttpCarrier> carrier_;  // last: it looks at the rest
};

}  // namespace weir::cosmos
