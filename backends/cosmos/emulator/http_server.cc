#include "backends/cosmos/emulator/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <simdjson.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <cerrno>
#include <optional>

#include "absl/strings/str_cat.h"

namespace weir::cosmos::emulator {
namespace {

// What a connection keeps between the callbacks of one request.
struct Exchange {
  std::string body;
  bool too_large = false;
  std::optional<HttpResponse> answer;  // while it waits
};

MHD_Result CollectHeader(void* cls, MHD_ValueKind, const char* name, size_t name_size,
                         const char* value, size_t value_size) {
  auto* request = static_cast<HttpRequest*>(cls);
  if (value != nullptr) request->headers.push_back({{name, name_size}, {value, value_size}});
  return MHD_YES;
}

void FreeBody(void* body) { delete static_cast<std::string*>(body); }

MHD_Result Send(MHD_Connection* connection, HttpResponse&& answer) {
  auto* body = new std::string(std::move(answer.body));
  MHD_Response* response = MHD_create_response_from_buffer_with_free_callback_cls(
      body->size(), body->data(), &FreeBody, body);
  if (response == nullptr) {
    delete body;
    return MHD_NO;
  }
  for (const auto& [name, value] : answer.headers) {
    MHD_add_response_header(response, name.data(), value.c_str());
  }
  const MHD_Result queued =
      MHD_queue_response(connection, static_cast<unsigned>(answer.status), response);
  MHD_destroy_response(response);
  return queued;
}

HttpResponse TooLarge() {
  HttpResponse response{
      413, {}, R"({"code":"RequestEntityTooLarge","message":"Request is too large."})"};
  response.Set("content-type", "application/json");
  return response;
}

// A connection sleeps while its answer is delayed, and comes back here.
MHD_Result SendOrDelay(HttpServer* server, MHD_Connection* connection, Exchange* exchange,
                       HttpResponse answer) {
  if (answer.is_dropped) return MHD_NO;
  if (answer.delay_ms == 0) return Send(connection, std::move(answer));
  const int64_t delay_ms = answer.delay_ms;
  exchange->answer = std::move(answer);
  MHD_suspend_connection(connection);
  server->delay().After(delay_ms, [connection] { MHD_resume_connection(connection); });
  return MHD_YES;
}

MHD_Result OnRequest(void* cls, MHD_Connection* connection, const char* url, const char* method,
                     const char*, const char* upload, size_t* upload_size, void** state) {
  if (*state == nullptr) {
    *state = new Exchange;
    return MHD_YES;
  }
  auto* exchange = static_cast<Exchange*>(*state);
  if (*upload_size > 0) {
    exchange->too_large |= exchange->body.size() + *upload_size > HttpServer::kMaxBodyBytes;
    if (!exchange->too_large) exchange->body.append(upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  if (exchange->answer) return Send(connection, *std::move(exchange->answer));
  if (exchange->too_large) return Send(connection, TooLarge());
  HttpRequest request;
  request.method = method;
  request.path = url;
  request.headers.reserve(24);
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &CollectHeader, &request);
  request.body = std::move(exchange->body);
  request.body.reserve(request.body.size() + simdjson::SIMDJSON_PADDING);
  auto* server = static_cast<HttpServer*>(cls);
  return SendOrDelay(server, connection, exchange, server->handler()(request));
}

void OnDone(void*, MHD_Connection*, void** state, MHD_RequestTerminationCode) {
  delete static_cast<Exchange*>(*state);
  *state = nullptr;
}

// Our paths are decoded by segment, after the signature's link was made: leave them as they are.
size_t KeepEscapes(void*, MHD_Connection*, char* text) { return strlen(text); }

absl::StatusOr<sockaddr_in> Address(const std::string& host, uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    return absl::InvalidArgumentError(absl::StrCat("not a numeric IPv4 address: ", host));
  }
  return address;
}

}  // namespace

std::string_view HttpRequest::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

bool HttpRequest::HeaderIsTrue(std::string_view name) const {
  const std::string_view value = Header(name);
  return value.size() == 4 && strncasecmp(value.data(), "true", 4) == 0;
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const std::string& host,
                                                              uint16_t port, int threads,
                                                              bool may_delay, HttpHandler handler) {
  auto address = Address(host, port);
  if (!address.ok()) return address.status();
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler)));
  constexpr size_t kConnectionMemory = 128 << 10;  // one callback for most of a bulk request
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
  if (may_delay) flags |= MHD_ALLOW_SUSPEND_RESUME;
  server->daemon_ = MHD_start_daemon(
      flags, port, nullptr, nullptr, &OnRequest, server.get(), MHD_OPTION_SOCK_ADDR,
      reinterpret_cast<sockaddr*>(&*address), MHD_OPTION_THREAD_POOL_SIZE,
      static_cast<unsigned>(threads), MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,
      MHD_OPTION_CONNECTION_LIMIT, 8192U, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024U,
      MHD_OPTION_NOTIFY_COMPLETED, &OnDone, nullptr, MHD_OPTION_UNESCAPE_CALLBACK, &KeepEscapes,
      nullptr, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("cannot listen on ", host, ":", port, ": ", strerror(errno)));
  }
  server->port_ = MHD_get_daemon_info(server->daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
  return server;
}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Stop() {
  delay_.Stop();  // a daemon does not stop while a connection sleeps
  if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
}

}  // namespace weir::cosmos::emulator
