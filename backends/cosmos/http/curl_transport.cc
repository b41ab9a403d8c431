#include "backends/cosmos/http/curl_transport.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// Connections that are kept; libcurl's own default shrinks with the requests in flight.
constexpr long kKeptConnections = 65'536;
constexpr long kBufferBytes = 64L * 1024;
constexpr std::string_view kVersionEnd = " HTTP/1.1\r\n";

void InitialiseLibrary() {
  static std::once_flag once;
  std::call_once(once, [] { WEIR_CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

int CurlEvents(uint32_t epoll_events) {
  int events = 0;
  if (epoll_events & (EPOLLIN | EPOLLHUP)) events |= CURL_CSELECT_IN;
  if (epoll_events & EPOLLOUT) events |= CURL_CSELECT_OUT;
  if (epoll_events & EPOLLERR) events |= CURL_CSELECT_ERR;
  return events;
}

uint32_t EpollEvents(int what) {
  uint32_t events = 0;
  if (what & CURL_POLL_IN) events |= EPOLLIN;
  if (what & CURL_POLL_OUT) events |= EPOLLOUT;
  return events;
}

}  // namespace

struct CurlTransport::SocketWatch final : IoHandler {
  SocketWatch(CurlTransport& owner, curl_socket_t fd) : engine(owner), socket(fd) {}
  void OnReady(uint32_t epoll_events) override { engine.Act(socket, CurlEvents(epoll_events)); }

  CurlTransport& engine;
  curl_socket_t socket;
  bool watched = false;
};

// On a libcurl handle that is reused.
class CurlTransport::Carrier final : public HttpCarrier {
 public:
  Carrier(CurlTransport& transport, HttpExchange& exchange)
      : transport_(transport), exchange_(exchange), easy_(curl_easy_init()) {
    WEIR_CHECK(easy_ != nullptr);
    SetConstantOptions();
  }
  ~Carrier() override {
    Cancel();
    curl_easy_cleanup(easy_);
  }

  void Send(bool on_new_connection) override;
  void Cancel() override;
  std::string Error() const override;
  void Finish(CURLcode result);

 private:
  static size_t OnHeader(char* line, size_t size, size_t count, void* self);
  static size_t OnBody(char* bytes, size_t size, size_t count, void* self);
  static int BeforeRequest(void* self, char*, char*, int, int);

  void SetConstantOptions();
  void SetMethod();
  void LinkHeaders();
  uint64_t RequestBytes() const;

  CurlTransport& transport_;
  HttpExchange& exchange_;
  CURL* easy_;
  bool in_flight_ = false;
  int requests_begun_ = 0;  // on any connection, for this one request
  bool headers_over_ = false;
  CURLcode result_ = CURLE_OK;
  bool not_sent_ = false;
  std::string header_text_;  // NUL for the end of each line
  std::vector<curl_slist> header_nodes_;
};

void CurlTransport::Carrier::SetConstantOptions() {
  const HttpSettings& settings = transport_.settings_;
  const long connect_ms = static_cast<long>(settings.connect_timeout_ns / kNsPerMs);
  curl_easy_setopt(easy_, CURLOPT_URL, settings.url.c_str());
  curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy_, CURLOPT_BUFFERSIZE, kBufferBytes);
  // A proxy of the environment would be measured along with the database.
  curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  if (connect_ms > 0) curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
  if (!settings.tls_root_certificate.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, settings.tls_root_certificate.c_str());
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);  // no authority besides
  }
  curl_easy_setopt(easy_, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &Carrier::OnHeader);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &Carrier::OnBody);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &Carrier::BeforeRequest);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
}

size_t CurlTransport::Carrier::OnHeader(char* line, size_t size, size_t count, void* self) {
  auto* carrier = static_cast<Carrier*>(self);
  const std::string_view text(line, size * count);
  if (text.starts_with("HTTP/")) carrier->headers_over_ = false;  // of another one than before
  if (text == "\r\n" || text == "\n") carrier->headers_over_ = true;
  carrier->exchange_.answer_headers().TakeLine(text);
  return size * count;
}

size_t CurlTransport::Carrier::OnBody(char* bytes, size_t size, size_t count, void* self) {
  static_cast<Carrier*>(self)->exchange_.answer().append(bytes, size * count);
  return size * count;
}

// libcurl repeats a request on a new connection when a kept-alive one breaks before the first byte
// of the answer. That would be a hidden retry.
int CurlTransport::Carrier::BeforeRequest(void* self, char*, char*, int, int) {
  const int begun = ++static_cast<Carrier*>(self)->requests_begun_;
  return begun == 1 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

void CurlTransport::Carrier::SetMethod() {
  if (HasBody(exchange_.method())) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, exchange_.body().data());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(exchange_.body().size()));
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, HttpMethodName(exchange_.method()).data());
}

// The last one keeps libcurl from a header of its own.
void CurlTransport::Carrier::LinkHeaders() {
  static char no_expect[] = "Expect:";
  const HttpHeaders& headers = exchange_.headers();
  header_text_ = headers.text();
  header_nodes_.resize(headers.count() + 1);
  size_t at = 0;
  for (size_t i = 0; i < headers.count(); ++i) {
    header_nodes_[i] = {header_text_.data() + at, &header_nodes_[i + 1]};
    at += headers.line(i).size() + 2;
    header_text_[at - 2] = '\0';
  }
  header_nodes_.back() = {no_expect, nullptr};
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_nodes_.data());
}

void CurlTransport::Carrier::Send(bool on_new_connection) {
  requests_begun_ = 0;
  headers_over_ = false;
  SetMethod();
  LinkHeaders();
  curl_easy_setopt(easy_, CURLOPT_REQUEST_TARGET, exchange_.target().c_str());
  curl_easy_setopt(easy_, CURLOPT_FRESH_CONNECT, on_new_connection ? 1L : 0L);
  in_flight_ = true;
  transport_.Add(easy_);
}

void CurlTransport::Carrier::Cancel() {
  if (!in_flight_) return;
  in_flight_ = false;
  transport_.Remove(easy_);
}

std::string CurlTransport::Carrier::Error() const {
  long system_error = 0;
  curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &system_error);
  if (requests_begun_ > 1) return "the server closed the connection before it answered";
  if (not_sent_ && system_error != 0) return std::strerror(static_cast<int>(system_error));
  return curl_easy_strerror(result_);
}

// Request line, headers and body; libcurl's own count leaves out parts of the body.
uint64_t CurlTransport::Carrier::RequestBytes() const {
  constexpr size_t kLengthHeader = sizeof("Content-Length: \r\n") - 1;
  const size_t body_bytes = exchange_.body().size();
  const size_t length_bytes =
      HasBody(exchange_.method()) ? kLengthHeader + std::to_string(body_bytes).size() : 0;
  constexpr size_t kHostHeader = sizeof("Host: \r\n") - 1;
  constexpr size_t kBlankLine = 2;
  return HttpMethodName(exchange_.method()).size() + 1 + exchange_.target().size() +
         kVersionEnd.size() + kHostHeader + transport_.host_bytes_ +
         exchange_.headers().text().size() + length_bytes + kBlankLine + body_bytes;
}

void CurlTransport::Carrier::Finish(CURLcode result) {
  in_flight_ = false;
  // libcurl is content with an answer that breaks off among its headers.
  result_ = result == CURLE_OK && !headers_over_ ? CURLE_PARTIAL_FILE : result;
  HttpExchange::End end;
  if (requests_begun_ > 0) end.bytes_sent = RequestBytes();
  long header_bytes = 0;
  curl_easy_getinfo(easy_, CURLINFO_HEADER_SIZE, &header_bytes);
  end.header_bytes_received = static_cast<uint64_t>(header_bytes);
  if (result_ == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(easy_, CURLINFO_RESPONSE_CODE, &status);
    end.status = static_cast<int>(status);
    end.transport = Transport::kAnswered;
  } else {
    end.transport = requests_begun_ > 0 ? Transport::kLost : Transport::kNotSent;
  }
  not_sent_ = end.transport == Transport::kNotSent;
  exchange_.Finish(end);
}

std::unique_ptr<HttpCarrier> CurlTransport::MakeCarrier(HttpExchange& exchange) {
  return std::make_unique<Carrier>(*this, exchange);
}

CurlTransport::CurlTransport(EventLoop& loop, const HttpSettings& settings,
                             const Authority& authority)
    : loop_(loop),
      settings_(settings),
      host_bytes_(authority.as_sent.size()),
      due_ns_(kNever),
      scheduled_ns_(kNever) {
  InitialiseLibrary();
  multi_ = curl_multi_init();
  WEIR_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlTransport::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlTransport::OnTimeout);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kKeptConnections);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

CurlTransport::~CurlTransport() {
  curl_multi_cleanup(multi_);
  loop_.Cancel(timer_);
  for (auto& [socket, watch] : watches_) {
    if (watch->watched) loop_.Unwatch(socket);
  }
}

int CurlTransport::OnSocket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  static_cast<CurlTransport*>(self)->Watch(socket, what);
  return 0;
}

void CurlTransport::Watch(curl_socket_t socket, int what) {
  std::unique_ptr<SocketWatch>& watch = watches_[socket];
  if (watch == nullptr) watch = std::make_unique<SocketWatch>(*this, socket);
  if (what == CURL_POLL_REMOVE) {
    if (watch->watched) loop_.Unwatch(socket);
    watch->watched = false;
  } else if (watch->watched) {
    loop_.Rewatch(socket, EpollEvents(what));
  } else {
    loop_.Watch(socket, EpollEvents(what), watch.get());
    watch->watched = true;
  }
}

int CurlTransport::OnTimeout(CURLM*, long timeout_ms, void* self) {
  auto* engine = static_cast<CurlTransport*>(self);
  engine->due_ns_ = timeout_ms < 0 ? kNever : engine->loop_.Now() + timeout_ms * kNsPerMs;
  return 0;
}

// A timer that runs too early costs one look at the clock; moving it at each request costs more.
void CurlTransport::KeepTimer() {
  if (due_ns_ >= scheduled_ns_) return;
  loop_.Cancel(timer_);
  scheduled_ns_ = due_ns_;
  timer_ = loop_.Schedule(due_ns_, this);
}

void CurlTransport::OnTimer() {
  scheduled_ns_ = kNever;
  if (due_ns_ > loop_.Now()) return KeepTimer();
  due_ns_ = kNever;
  Act(CURL_SOCKET_TIMEOUT, 0);
}

void CurlTransport::Act(curl_socket_t socket, int events) {
  int running;
  curl_multi_socket_action(multi_, socket, events, &running);
  TakeFinished();
  KeepTimer();
}

void CurlTransport::TakeFinished() {
  int left;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode result = message->data.result;
    char* carrier = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &carrier);
    Remove(easy);
    reinterpret_cast<Carrier*>(carrier)->Finish(result);
  }
}

// Sends at once if a connection is free. What ends already here is reported from the loop, so that
// a handler never runs inside Send.
void CurlTransport::Add(CURL* easy) {
  WEIR_CHECK(curl_multi_add_handle(multi_, easy) == CURLM_OK);
  ++added_;
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  if (running < added_) due_ns_ = loop_.Now();
  KeepTimer();
}

void CurlTransport::Remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
  --added_;
}

}  // namespace weir::cosmos
