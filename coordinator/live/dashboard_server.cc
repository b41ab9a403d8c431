#include "coordinator/live/dashboard_server.h"

#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/status.h"
#include "coordinator/live/dashboard_door.h"
#include "coordinator/live/dashboard_visitors.h"
#include "reports/live_page.h"

namespace weir {
namespace {

constexpr unsigned kIdleSeconds = 30;
constexpr unsigned kStrangersSeconds = 3;  // until the token has been shown
constexpr size_t kConnectionMemory = 32 * 1024;
constexpr size_t kMostEventBytes = 256 * 1024;  // handed to one reader at a time
constexpr char kOpenMetrics[] = "application/openmetrics-text; version=1.0.0; charset=utf-8";
constexpr char kMetricsText[] = "text/plain; version=0.0.4; charset=utf-8";
// For the report, whose own policy stands in its text: what cannot be said there.
constexpr char kReportPolicy[] = "frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

struct Address {
  std::string host;
  uint16_t port = 0;
  sockaddr_storage socket{};
  bool loopback = false;
};

absl::Status SplitListen(const std::string& listen, Address* address) {
  address->host = std::string(HostWithoutPort(listen));
  const size_t colon = listen.rfind(':');
  const bool bracketed = listen.starts_with('[');
  const bool has_port = colon != std::string::npos &&
                        (bracketed ? listen[colon - 1] == ']' : listen.find(':') == colon);
  uint32_t port = 0;
  if (has_port && (!absl::SimpleAtoi(listen.substr(colon + 1), &port) || port > 65535)) {
    return absl::InvalidArgumentError(absl::StrCat("--dashboard ", listen, ": no such port"));
  }
  address->port = static_cast<uint16_t>(port);
  if (address->host.empty()) address->host = "127.0.0.1";
  return absl::OkStatus();
}

absl::StatusOr<Address> Resolve(const std::string& listen) {
  Address address;
  WEIR_RETURN_IF_ERROR(SplitListen(listen, &address));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--dashboard ", listen, ": ", gai_strerror(error)));
  }
  std::memcpy(&address.socket, found->ai_addr, found->ai_addrlen);
  std::array<char, NI_MAXHOST> numeric{};
  getnameinfo(found->ai_addr, found->ai_addrlen, numeric.data(), numeric.size(), nullptr, 0,
              NI_NUMERICHOST);
  freeaddrinfo(found);
  address.loopback = IsLoopbackName(numeric.data());
  return address;
}

absl::Status Exposed(const std::string& listen) {
  return absl::InvalidArgumentError(absl::StrCat(
      "--dashboard ", listen,
      " would let other machines connect. What they send and see, the token too, is not encrypted: "
      "whoever reads the network can read this run, though not touch it. Prefer the default and "
      "`ssh -L PORT:127.0.0.1:PORT`; if you mean it, add --dashboard-exposed."));
}

std::string MachineName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string_view HeaderOf(MHD_Connection* connection, MHD_ValueKind kind, const char* name) {
  const char* value = MHD_lookup_connection_value(connection, kind, name);
  return value == nullptr ? "" : value;
}

void AddHeader(MHD_Response* response, const char* name, const std::string& value) {
  WEIR_CHECK(MHD_add_response_header(response, name, value.c_str()) == MHD_YES);
}

void AddCommonHeaders(MHD_Response* response) {
  AddHeader(response, "Cache-Control", "no-store");
  AddHeader(response, "X-Content-Type-Options", "nosniff");
  AddHeader(response, "Referrer-Policy", "no-referrer");
  AddHeader(response, "Cross-Origin-Resource-Policy", "same-origin");
  AddHeader(response, "Cross-Origin-Opener-Policy", "same-origin");
}

// The answer keeps the text until the last byte is sent.
MHD_Response* TextResponse(std::shared_ptr<const std::string> text) {
  auto* const kept = new std::shared_ptr<const std::string>(std::move(text));
  return MHD_create_response_from_buffer_with_free_callback_cls(
      (*kept)->size(), const_cast<char*>((*kept)->data()),
      [](void* text_kept) { delete static_cast<std::shared_ptr<const std::string>*>(text_kept); },
      kept);
}

class Server;

// One browser that listens to events. Read by the server's thread; `asleep` under the server's
// lock.
struct Listener {
  Server* server;
  MHD_Connection* connection;
  uint64_t after = 0;
  std::string text;  // what is being sent
  size_t sent = 0;
  bool asleep = false;
  bool pulse = false;
};

class Server final : public DashboardServer {
 public:
  Server(const DashboardSettings& settings, LiveFeed& feed)
      : feed_(feed), token_(settings.token.empty() ? MakeToken() : settings.token) {}

  ~Server() override {
    feed_.OnNews(nullptr);
    {
      std::lock_guard lock(mutex_);
      closing_ = true;
    }
    Wake(false);
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  absl::Status Start(const Address& address, const std::string& listen) {
    const unsigned flags =
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
        (address.socket.ss_family == AF_INET6 ? unsigned{MHD_USE_IPv6} : unsigned{});
    daemon_ = MHD_start_daemon(
        flags, address.port, nullptr, nullptr, &Server::OnRequest, this, MHD_OPTION_SOCK_ADDR,
        &address.socket, MHD_OPTION_CONNECTION_LIMIT,
        unsigned{kMostConnections + 2 * kMostStrangers}, MHD_OPTION_CONNECTION_TIMEOUT,
        kStrangersSeconds, MHD_OPTION_NOTIFY_CONNECTION, &Server::OnConnection, this,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory, MHD_OPTION_END);
    if (daemon_ == nullptr) {
      return absl::UnavailableError(
          absl::StrCat("--dashboard ", listen, ": cannot listen there: ", std::strerror(errno)));
    }
    port_ = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT)->port;
    host_ = address.host;
    {
      std::lock_guard lock(mutex_);  // a request may have come already
      door_.emplace(token_, absl::StrCat("weir_", port_), address.host, MachineName(),
                    address.loopback);
    }
    feed_.OnNews([this] { Wake(false); });
    return absl::OkStatus();
  }

  std::string Url(bool with_token) const override {
    const bool any = host_ == "0.0.0.0" || host_ == "::";
    const std::string host = any                                    ? MachineName()
                             : host_.find(':') != std::string::npos ? absl::StrCat("[", host_, "]")
                                                                    : host_;
    return absl::StrCat("http://", host, ":", port_, "/", with_token ? "?token=" : "",
                        with_token ? token_ : "");
  }
  uint16_t port() const override { return port_; }
  void Pulse() override { Wake(true); }

 private:
  static MHD_Result OnRequest(void* self, MHD_Connection* connection, const char* path,
                              const char* method, const char*, const char*, size_t* upload,
                              void** seen) {
    // What may have a body is refused before it comes; others are answered at the second call.
    const std::string_view name = method;
    if (*seen == nullptr && *upload == 0 && (name == "GET" || name == "HEAD")) {
      *seen = self;
      return MHD_YES;
    }
    return static_cast<Server*>(self)->Answer(connection, path, method);
  }

  // Those who have not shown the token never keep out those who have: of too many, the one that
  // came first makes room.
  static void OnConnection(void* self, MHD_Connection* connection, void** context,
                           MHD_ConnectionNotificationCode code) {
    auto& visitors = static_cast<Server*>(self)->visitors_;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
      return visitors.Leave(static_cast<DashboardVisitors::Visitor*>(*context));
    }
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *context = visitors.Enter(info->connect_fd);
  }

  bool Welcome(MHD_Connection* connection) {
    const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    if (!visitors_.Welcome(static_cast<DashboardVisitors::Visitor*>(info->socket_context))) {
      return false;
    }
    MHD_set_connection_option(connection, MHD_CONNECTION_OPTION_TIMEOUT, kIdleSeconds);
    return true;
  }

  DashboardDoor::Answer Judge(MHD_Connection* connection, const char* path, const char* method) {
    std::lock_guard lock(mutex_);
    if (!door_) return {503, "Not ready yet.\n"};
    return door_->Judge({.method = method,
                         .path = path,
                         .host = HeaderOf(connection, MHD_HEADER_KIND, "Host"),
                         .authorization = HeaderOf(connection, MHD_HEADER_KIND, "Authorization"),
                         .cookie = HeaderOf(connection, MHD_HEADER_KIND, "Cookie"),
                         .token = HeaderOf(connection, MHD_GET_ARGUMENT_KIND, "token")});
  }

  MHD_Result Answer(MHD_Connection* connection, const char* path, const char* method) {
    const DashboardDoor::Answer answer = Judge(connection, path, method);
    if (answer.status != 200) return Refuse(connection, answer.status, answer.text);
    if (!Welcome(connection)) return Refuse(connection, 503, "Too many are watching.\n");
    const std::string_view where = path;
    if (where == "/events") return SendEvents(connection);
    if (where == "/") return SendPage(connection);
    if (where == "/metrics") return SendMetrics(connection);
    return SendDocument(connection, kReportDocument, "text/html; charset=utf-8");
  }

  static MHD_Result Queue(MHD_Connection* connection, unsigned status, MHD_Response* response) {
    WEIR_CHECK(response != nullptr);
    const absl::Cleanup drop = [response] { MHD_destroy_response(response); };
    AddCommonHeaders(response);
    return MHD_queue_response(connection, status, response);
  }

  static MHD_Result Refuse(MHD_Connection* connection, unsigned status, const char* text) {
    MHD_Response* response = TextResponse(std::make_shared<const std::string>(text));
    AddHeader(response, "Content-Type", "text/plain; charset=utf-8");
    if (status == 405) AddHeader(response, "Allow", "GET, HEAD");
    if (status == 401 || status == 403) AddHeader(response, "Connection", "close");
    if (status == 401) AddHeader(response, "WWW-Authenticate", "Bearer");
    return Queue(connection, status, response);
  }

  MHD_Result SendPage(MHD_Connection* connection) {
    static const auto* const page =
        new std::shared_ptr<const std::string>(std::make_shared<const std::string>(kLivePage));
    MHD_Response* response = TextResponse(*page);
    AddHeader(response, "Content-Type", "text/html; charset=utf-8");
    AddHeader(response, "Content-Security-Policy", kLivePolicy);
    AddHeader(response, "Set-Cookie", door_->SetCookie());
    return Queue(connection, MHD_HTTP_OK, response);
  }

  MHD_Result SendMetrics(MHD_Connection* connection) {
    const std::string_view accepted = HeaderOf(connection, MHD_HEADER_KIND, "Accept");
    const bool open = accepted.find("application/openmetrics-text") != std::string_view::npos;
    return open ? SendDocument(connection, kOpenMetricsDocument, kOpenMetrics)
                : SendDocument(connection, kMetricsTextDocument, kMetricsText);
  }

  MHD_Result SendDocument(MHD_Connection* connection, const char* name, const char* type) {
    std::shared_ptr<const std::string> text = feed_.Document(name);
    if (text == nullptr) return Refuse(connection, 404, "Not there yet.\n");
    MHD_Response* response = TextResponse(std::move(text));
    AddHeader(response, "Content-Type", type);
    AddHeader(response, "Content-Security-Policy", kReportPolicy);
    return Queue(connection, MHD_HTTP_OK, response);
  }

  MHD_Result SendEvents(MHD_Connection* connection) {
    auto* const listener = new Listener{.server = this, .connection = connection};
    const std::string last(HeaderOf(connection, MHD_HEADER_KIND, "Last-Event-ID"));
    if (!absl::SimpleAtoi(last, &listener->after)) listener->after = 0;
    MHD_Response* response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kConnectionMemory / 2,
                                          &Server::ReadEvents, listener, &Server::ForgetListener);
    if (response == nullptr) {
      delete listener;
      return MHD_NO;
    }
    AddHeader(response, "Content-Type", "text/event-stream; charset=utf-8");
    return Queue(connection, MHD_HTTP_OK, response);
  }

  static ssize_t ReadEvents(void* of, uint64_t, char* out, size_t most) {
    auto* const listener = static_cast<Listener*>(of);
    return listener->server->Read(listener, out, most);
  }

  // As much as there is; sleeps (and returns 0) when there is nothing.
  ssize_t Read(Listener* listener, char* out, size_t most) {
    if (listener->sent == listener->text.size()) {
      listener->sent = 0;
      std::lock_guard lock(mutex_);
      if (closing_) return MHD_CONTENT_READER_END_OF_STREAM;
      listener->text = feed_.NewsSince(&listener->after, kMostEventBytes);
      if (listener->text.empty() && listener->pulse) listener->text = ": still here\n\n";
      listener->pulse = false;
      if (listener->text.empty()) {
        listener->asleep = true;
        asleep_.insert(listener);
        MHD_suspend_connection(listener->connection);
        return 0;
      }
    }
    const size_t size = std::min(most, listener->text.size() - listener->sent);
    std::memcpy(out, listener->text.data() + listener->sent, size);
    listener->sent += size;
    return static_cast<ssize_t>(size);
  }

  static void ForgetListener(void* of) {
    auto* const listener = static_cast<Listener*>(of);
    {
      std::lock_guard lock(listener->server->mutex_);
      listener->server->asleep_.erase(listener);
    }
    delete listener;
  }

  void Wake(bool pulse) {
    std::lock_guard lock(mutex_);
    for (Listener* listener : asleep_) {
      listener->pulse = pulse;
      listener->asleep = false;
      MHD_resume_connection(listener->connection);
    }
    asleep_.clear();
  }

  LiveFeed& feed_;
  const std::string token_;
  std::string host_;
  uint16_t port_ = 0;
  DashboardVisitors visitors_{kMostConnections, kMostStrangers};  // of the server's thread
  MHD_Daemon* daemon_ = nullptr;
  std::mutex mutex_;
  std::optional<DashboardDoor> door_;  // set once, before the address is told
  std::set<Listener*> asleep_;
  bool closing_ = false;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DashboardServer>> StartDashboardServer(
    const DashboardSettings& settings, LiveFeed& feed) {
  WEIR_ASSIGN_OR_RETURN(const Address address, Resolve(settings.listen));
  if (!address.loopback && !settings.exposed) return Exposed(settings.listen);
  auto server = std::make_unique<Server>(settings, feed);
  WEIR_RETURN_IF_ERROR(server->Start(address, settings.listen));
  return server;
}

}  // namespace weir
