#include "backends/cosmos/http_engine.h"

#include <sys/epoll.h>

#include <limits>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

constexpr int64_t kNever = std::numeric_limits<int64_t>::max();
// Connections that are kept; libcurl's own default shrinks with the requests in flight.
constexpr long kKeptConnections = 65'536;

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

struct HttpEngine::SocketWatch final : IoHandler {
  SocketWatch(HttpEngine& owner, curl_socket_t fd) : engine(owner), socket(fd) {}
  void OnReady(uint32_t epoll_events) override { engine.Act(socket, CurlEvents(epoll_events)); }

  HttpEngine& engine;
  curl_socket_t socket;
  bool watched = false;
};

HttpEngine::HttpEngine(EventLoop& loop, HttpSettings settings)
    : loop_(loop), settings_(std::move(settings)), due_ns_(kNever), scheduled_ns_(kNever) {
  InitialiseLibrary();
  multi_ = curl_multi_init();
  WEIR_CHECK(multi_ != nullptr);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &HttpEngine::OnSocket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &HttpEngine::OnTimeout);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kKeptConnections);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, CURLPIPE_NOTHING);
}

HttpEngine::~HttpEngine() {
  curl_multi_cleanup(multi_);
  loop_.Cancel(timer_);
  for (auto& [socket, watch] : watches_) {
    if (watch->watched) loop_.Unwatch(socket);
  }
}

int HttpEngine::OnSocket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  static_cast<HttpEngine*>(self)->Watch(socket, what);
  return 0;
}

void HttpEngine::Watch(curl_socket_t socket, int what) {
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

int HttpEngine::OnTimeout(CURLM*, long timeout_ms, void* self) {
  auto* engine = static_cast<HttpEngine*>(self);
  engine->due_ns_ = timeout_ms < 0 ? kNever : engine->loop_.Now() + timeout_ms * kNsPerMs;
  return 0;
}

// A timer that runs too early costs one look at the clock; moving it at each request costs more.
void HttpEngine::KeepTimer() {
  if (due_ns_ >= scheduled_ns_) return;
  loop_.Cancel(timer_);
  scheduled_ns_ = due_ns_;
  timer_ = loop_.Schedule(due_ns_, this);
}

void HttpEngine::OnTimer() {
  scheduled_ns_ = kNever;
  if (due_ns_ > loop_.Now()) return KeepTimer();
  due_ns_ = kNever;
  Act(CURL_SOCKET_TIMEOUT, 0);
}

void HttpEngine::Act(curl_socket_t socket, int events) {
  int running;
  curl_multi_socket_action(multi_, socket, events, &running);
  TakeFinished();
  KeepTimer();
}

void HttpEngine::TakeFinished() {
  int left;
  while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode result = message->data.result;
    char* exchange = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &exchange);
    Remove(easy);
    reinterpret_cast<HttpExchange*>(exchange)->Finish(result);
  }
}

// Sends at once if a connection is free. What ends already here is reported from the loop, so that
// a handler never runs inside Send.
void HttpEngine::Add(CURL* easy) {
  WEIR_CHECK(curl_multi_add_handle(multi_, easy) == CURLM_OK);
  ++added_;
  int running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  if (running < added_) due_ns_ = loop_.Now();
  KeepTimer();
}

void HttpEngine::Remove(CURL* easy) {
  curl_multi_remove_handle(multi_, easy);
  --added_;
}

}  // namespace weir::cosmos
