#include "backends/cosmos/emulator/http_server.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <simdjson.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>
#include <future>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"

namespace weir::cosmos::emulator {
namespace {

// What a connection keeps between the callbacks of one request.
struct Exchange {
  std::string body;
  bool too_large = false;
  std::optional<HttpResponse> answer;  // while it is delayed or waits for the gate
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

HttpResponse NotKept(const absl::Status& status) {
  HttpResponse response{
      503,
      {},
      absl::StrCat(
          R"({"code":"ServiceUnavailable","message":)",
          JsonString(absl::StrCat("the emulator cannot keep its data: ", status.message())), "}")};
  response.Set("content-type", "application/json");
  return response;
}

}  // namespace

// What the callbacks of libmicrohttpd may do with a server.
struct HttpConnections {
  static const HttpHandler& handler(const HttpServer& server) { return server.handler_; }

  // Sends the answer when its delay is over and the gate is open. Until then the connection sleeps;
  // then it comes back here.
  static MHD_Result SendWhenDue(HttpServer* server, MHD_Connection* connection, Exchange* exchange,
                                HttpResponse answer) {
    if (answer.is_dropped) return MHD_NO;
    if (answer.delay_ms > 0) {
      const int64_t delay_ms = std::exchange(answer.delay_ms, 0);
      exchange->answer = std::move(answer);
      MHD_suspend_connection(connection);
      server->delay_.After(delay_ms, [connection] { MHD_resume_connection(connection); });
      return MHD_YES;
    }
    AnswerGate* const gate = server->gate_;
    if (gate == nullptr || gate->IsOpen(answer.ticket)) return Send(connection, std::move(answer));
    ++server->held_;             // before the question whether the server stops: see Stop
    if (server->is_stopping_) {  // nobody may wake it up any more: wait here
      --server->held_;
      std::promise<absl::Status> opened;
      gate->WhenOpen(answer.ticket, [&](const absl::Status& s) { opened.set_value(s); });
      const absl::Status status = opened.get_future().get();
      return Send(connection, status.ok() ? std::move(answer) : NotKept(status));
    }
    const uint64_t ticket = std::exchange(answer.ticket, 0);
    exchange->answer = std::move(answer);
    MHD_suspend_connection(connection);
    gate->WhenOpen(ticket, [server, connection, exchange](const absl::Status& status) {
      if (!status.ok()) exchange->answer = NotKept(status);
      MHD_resume_connection(connection);
      --server->held_;
    });
    return MHD_YES;
  }
};

namespace {

// Of the body; nothing beyond what a body may have.
size_t AnnouncedBytes(MHD_Connection* connection) {
  const char* text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
  size_t bytes = 0;
  if (text == nullptr || !absl::SimpleAtoi(text, &bytes)) return 0;
  return bytes <= HttpServer::kMaxBodyBytes ? bytes : 0;
}

MHD_Result OnRequest(void* cls, MHD_Connection* connection, const char* url, const char* method,
                     const char*, const char* upload, size_t* upload_size, void** state) {
  if (*state == nullptr) {
    auto made = std::make_unique<Exchange>();
    made->body.reserve(AnnouncedBytes(connection) + simdjson::SIMDJSON_PADDING);
    *state = made.release();
    return MHD_YES;
  }
  auto* exchange = static_cast<Exchange*>(*state);
  if (*upload_size > 0) {
    exchange->too_large |= exchange->body.size() + *upload_size > HttpServer::kMaxBodyBytes;
    if (!exchange->too_large) exchange->body.append(upload, *upload_size);
    *upload_size = 0;
    return MHD_YES;
  }
  auto* server = static_cast<HttpServer*>(cls);
  if (exchange->answer) {
    HttpResponse answer = *std::exchange(exchange->answer, std::nullopt);
    return HttpConnections::SendWhenDue(server, connection, exchange, std::move(answer));
  }
  if (exchange->too_large) return Send(connection, TooLarge());
  HttpRequest request;
  request.method = method;
  request.path = url;
  request.headers.reserve(24);
  MHD_get_connection_values_n(connection, MHD_HEADER_KIND, &CollectHeader, &request);
  request.body = std::move(exchange->body);
  request.body.reserve(request.body.size() + simdjson::SIMDJSON_PADDING);
  return HttpConnections::SendWhenDue(server, connection, exchange,
                                      HttpConnections::handler(*server)(request));
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
    if (key.size() != name.size() || (key.back() | 0x20) != name.back()) continue;
    if (strncasecmp(key.data(), name.data(), name.size()) == 0) {
      return value;
    }
  }
  return {};
}

bool HttpRequest::HeaderIsTrue(std::string_view name) const {
  const std::string_view value = Header(name);
  return value.size() == 4 && strncasecmp(value.data(), "true", 4) == 0;
}

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(const Settings& settings,
                                                              HttpHandler handler) {
  auto address = Address(settings.host, settings.port);
  if (!address.ok()) return address.status();
  std::unique_ptr<HttpServer> server(new HttpServer(std::move(handler)));
  constexpr size_t kConnectionMemory = 32 << 10;  // cleared after each request: not too much
  unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
  server->gate_ = settings.gate;
  if (settings.gate != nullptr || settings.may_delay) flags |= MHD_ALLOW_SUSPEND_RESUME;
  MHD_OptionItem tls[] = {
      {MHD_OPTION_END, 0, nullptr}, {MHD_OPTION_END, 0, nullptr}, {MHD_OPTION_END, 0, nullptr}};
  if (!settings.tls.certificate.empty()) {
    if (MHD_is_feature_supported(MHD_FEATURE_TLS) != MHD_YES) {
      return absl::UnimplementedError("this machine's libmicrohttpd was built without TLS");
    }
    flags |= MHD_USE_TLS;
    tls[0] = {MHD_OPTION_HTTPS_MEM_KEY, 0, const_cast<char*>(settings.tls.key.c_str())};
    tls[1] = {MHD_OPTION_HTTPS_MEM_CERT, 0, const_cast<char*>(settings.tls.certificate.c_str())};
  }
  errno = 0;
  server->daemon_ = MHD_start_daemon(
      flags, settings.port, nullptr, nullptr, &OnRequest, server.get(), MHD_OPTION_SOCK_ADDR,
      reinterpret_cast<sockaddr*>(&*address), MHD_OPTION_THREAD_POOL_SIZE,
      static_cast<unsigned>(settings.threads), MHD_OPTION_CONNECTION_MEMORY_LIMIT,
      kConnectionMemory, MHD_OPTION_CONNECTION_LIMIT, 8192U, MHD_OPTION_LISTEN_BACKLOG_SIZE, 1024U,
      MHD_OPTION_NOTIFY_COMPLETED, &OnDone, nullptr, MHD_OPTION_UNESCAPE_CALLBACK, &KeepEscapes,
      nullptr, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
  if (server->daemon_ == nullptr) {
    if (!settings.tls.certificate.empty() && errno == 0) {
      return absl::InvalidArgumentError("the TLS library takes neither certificate nor key");
    }
    return absl::UnavailableError(absl::StrCat("cannot listen on ", settings.host, ":",
                                               settings.port, ": ", strerror(errno)));
  }
  server->port_ = MHD_get_daemon_info(server->daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
  return server;
}

HttpServer::~HttpServer() { Stop(); }

void HttpServer::Stop() {
  if (daemon_ == nullptr) return;
  // A daemon does not stop while a connection sleeps.
  is_stopping_ = true;
  delay_.Stop();
  while (held_ > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  MHD_stop_daemon(daemon_);
  daemon_ = nullptr;
}

}  // namespace weir::cosmos::emulator
