#include "backends/cosmos/emulator/http_worker.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer_gate.h"
#include "backends/cosmos/emulator/http_acceptor.h"
#include "backends/cosmos/emulator/http_connection.h"
#include "backends/cosmos/wire/signature.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr size_t kBufferBytes = 128 << 10;
constexpr int64_t kLongestTickNs = kNsPerSecond;

// Writing to a connection that the client has closed is an error, not the end of the program.
void BlockSigpipe() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

HttpTicks HttpTicks::Of(const HttpTimeouts& timeouts) {
  const int64_t shortest =
      std::min({timeouts.idle_ns, timeouts.request_ns, timeouts.linger_ns, kLongestTickNs * 4});
  const int64_t tick_ns = std::max<int64_t>(shortest / 4, kNsPerMs);
  const auto ticks = [&](int64_t ns) { return static_cast<uint64_t>(ns / tick_ns); };
  return {tick_ns, ticks(timeouts.idle_ns), ticks(timeouts.request_ns), ticks(timeouts.linger_ns)};
}

// What other threads have for a worker.
struct HttpWorker::Mailbox {
  struct Letter {
    enum class Kind : uint8_t { kConnection, kGate, kStop } kind;
    int fd = -1;          // kConnection
    uint64_t id = 0;      // kGate
    absl::Status status;  // kGate
  };

  void Post(Letter letter) {
    const std::scoped_lock lock(mutex);
    letters.push_back(std::move(letter));
    if (!has_mail.exchange(true) && loop != nullptr) loop->Wake();
  }

  std::vector<Letter> Take() {
    const std::scoped_lock lock(mutex);
    has_mail = false;
    return std::exchange(letters, {});
  }

  std::mutex mutex;  // guards letters and loop
  std::vector<Letter> letters;
  EventLoop* loop = nullptr;  // null once the worker is gone
  std::atomic<bool> has_mail = false;
};

HttpWorker::HttpWorker(const Settings& settings)
    : settings_(settings),
      ticks_(HttpTicks::Of(settings.timeouts)),
      mailbox_(std::make_shared<Mailbox>()),
      buffer_(kBufferBytes) {
  mailbox_->loop = &loop_;
}

HttpWorker::~HttpWorker() {
  {
    const std::scoped_lock lock(mailbox_->mutex);
    mailbox_->loop = nullptr;
  }
  for (const Mailbox::Letter& letter : mailbox_->Take()) {
    if (letter.kind == Mailbox::Letter::Kind::kConnection) close(letter.fd);
  }
}

void HttpWorker::set_acceptor(std::unique_ptr<HttpAcceptor> acceptor) {
  acceptor_ = std::move(acceptor);
}

void HttpWorker::Start() {
  thread_ = std::thread([this] { Run(); });
}

void HttpWorker::Adopt(int fd) {
  connection_count_.fetch_add(1, std::memory_order_relaxed);
  mailbox_->Post({.kind = Mailbox::Letter::Kind::kConnection, .fd = fd});
}

void HttpWorker::Stop() { mailbox_->Post({.kind = Mailbox::Letter::Kind::kStop}); }

void HttpWorker::Join() {
  if (thread_.joinable()) thread_.join();
}

void HttpWorker::Run() {
  pthread_setname_np(pthread_self(), "emulator-http");
  BlockSigpipe();
  loop_.Schedule(loop_.Now() + ticks_.tick_ns, this);
  while (!is_stopping_ || !connections_.empty()) {
    loop_.RunOnce(std::numeric_limits<int64_t>::max());
    if (mailbox_->has_mail.load(std::memory_order_acquire)) ReadMail();
    closed_.clear();
  }
}

void HttpWorker::ReadMail() {
  for (Mailbox::Letter& letter : mailbox_->Take()) {
    switch (letter.kind) {
      case Mailbox::Letter::Kind::kConnection:
        Open(letter.fd);
        break;
      case Mailbox::Letter::Kind::kGate:
        if (const auto found = connections_.find(letter.id); found != connections_.end()) {
          found->second->OnGate(letter.status);
        }
        break;
      case Mailbox::Letter::Kind::kStop:
        BeginStop();
        break;
    }
  }
}

void HttpWorker::Open(int fd) {
  SslPointer tls;
  if (settings_.tls != nullptr) tls = settings_.tls->Open(fd);
  if (is_stopping_ || (settings_.tls != nullptr && tls == nullptr)) {
    close(fd);
    connection_count_.fetch_sub(1, std::memory_order_relaxed);
    return;
  }
  auto made = std::make_unique<HttpConnection>(*this, ++last_id_, fd, std::move(tls));
  HttpConnection& connection = *made;
  connections_.emplace(connection.id(), std::move(made));
  connection.Begin();
}

void HttpWorker::Remove(HttpConnection& connection) {
  const auto found = connections_.find(connection.id());
  closed_.push_back(std::move(found->second));
  connections_.erase(found);
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
}

void HttpWorker::BeginStop() {
  is_stopping_ = true;
  acceptor_.reset();
  std::vector<HttpConnection*> all;
  for (const auto& [id, connection] : connections_) all.push_back(connection.get());
  for (HttpConnection* connection : all) connection->Stop();
}

void HttpWorker::OnTimer() {
  ++tick_;
  std::vector<HttpConnection*> all;
  for (const auto& [id, connection] : connections_) all.push_back(connection.get());
  for (HttpConnection* connection : all) connection->CheckTime();
  loop_.Schedule(loop_.Now() + ticks_.tick_ns, this);
}

void HttpWorker::TellWhenOpen(uint64_t id, uint64_t ticket) {
  settings_.gate->WhenOpen(ticket, [mailbox = mailbox_, id](const absl::Status& status) {
    mailbox->Post({.kind = Mailbox::Letter::Kind::kGate, .id = id, .status = status});
  });
}

std::string_view HttpWorker::DateLine() {
  const int64_t now = time(nullptr);
  if (now != date_second_) {
    date_line_ = absl::StrCat("Date: ", HttpDate(now), "\r\n");
    date_second_ = now;
  }
  return date_line_;
}

}  // namespace weir::cosmos::emulator
