#include "backends/cosmos/http/direct_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "base/clock.h"

namespace weir::cosmos {
namespace {

// Shorter ones are sent behind the headers: one call, one TLS record.
constexpr size_t kShortBody = 4 << 10;

int OpenSocket(int family) {
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  return fd;
}

}  // namespace

// ------------------------------------------------------------------------------------ requests

void DirectCarrier::WriteHead() {
  const std::string_view method = HttpMethodName(exchange_.method());
  head_.clear();
  head_.append(method).append(" ").append(exchange_.target()).append(" HTTP/1.1\r\n");
  head_.append(transport_.host_header_).append(exchange_.headers().text());
  if (HasBody(exchange_.method())) {
    absl::StrAppend(&head_, "Content-Length: ", exchange_.body().size(), "\r\n");
  }
  head_.append("\r\n");
  rest_ = {};
  if (!HasBody(exchange_.method())) return;
  if (exchange_.body().size() > kShortBody) {
    rest_ = exchange_.body();
  } else {
    head_.append(exchange_.body());
  }
}

void DirectCarrier::Send(bool on_new_connection) {
  WriteHead();
  error_.clear();
  transport_.Send(*this, on_new_connection);
}

void DirectCarrier::Cancel() {
  transport_.Forget(*this);
  if (connection_ != nullptr) transport_.Close(std::exchange(connection_, nullptr));
}

// ------------------------------------------------------------------------------------- opening

DirectConnection::~DirectConnection() { Disconnect(); }

void DirectConnection::Disconnect() {
  transport_.loop_.Cancel(timer_);
  timer_ = 0;
  ssl_.reset();
  if (fd_ < 0) return;
  if (watched_ != 0) transport_.loop_.Unwatch(fd_);
  watched_ = 0;
  close(std::exchange(fd_, -1));
}

void DirectConnection::WatchFor(uint32_t epoll_events) {
  if (watched_ == epoll_events) return;
  if (watched_ == 0) {
    transport_.loop_.Watch(fd_, epoll_events, this);
  } else {
    transport_.loop_.Rewatch(fd_, epoll_events);
  }
  watched_ = epoll_events;
}

bool DirectConnection::Open(std::vector<SocketAddress> addresses, DirectCarrier& carrier,
                            std::string* error) {
  addresses_ = std::move(addresses);
  if (!ConnectToNext(error)) return false;
  carrier_ = &carrier;
  carrier.connection_ = this;
  return true;
}

bool DirectConnection::ConnectToNext(std::string* error) {
  Disconnect();
  const int64_t limit_ns = transport_.settings_.connect_timeout_ns;
  while (next_address_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_address_++];
    fd_ = OpenSocket(address.storage.ss_family);
    const bool begun =
        fd_ >= 0 &&
        (connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 ||
         errno == EINPROGRESS);
    if (begun) {
      state_ = State::kConnecting;
      WatchFor(EPOLLOUT);
      if (limit_ns > 0) {
        timer_ = transport_.loop_.Schedule(
            transport_.loop_.Now() + limit_ns / static_cast<int64_t>(addresses_.size()), this);
      }
      return true;
    }
    *error = std::strerror(errno);
    Disconnect();
  }
  return false;
}

void DirectConnection::OnTimer() {
  timer_ = 0;
  std::string error = absl::StrCat("no connection within ",
                                   transport_.settings_.connect_timeout_ns / kNsPerMs, " ms");
  if (!ConnectToNext(&error)) Fail(std::move(error));
}

void DirectConnection::OnConnected() {
  int failure = 0;
  socklen_t size = sizeof(failure);
  getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failure, &size);
  if (failure != 0) {
    std::string error = std::strerror(failure);
    if (!ConnectToNext(&error)) Fail(std::move(error));
    return;
  }
  if (!transport_.is_tls_) return OnOpen();
  ssl_ = (*transport_.tls_)->Open(fd_, transport_.host_);
  if (ssl_ == nullptr) return Fail("TLS has no memory");
  state_ = State::kShakingHands;
  ShakeHands();
}

void DirectConnection::ShakeHands() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return OnOpen();
  const int error = SSL_get_error(ssl_.get(), done);
  if (error == SSL_ERROR_WANT_READ) return WatchFor(EPOLLIN);
  if (error == SSL_ERROR_WANT_WRITE) return WatchFor(EPOLLOUT);
  Fail(TlsError(ssl_.get()));
}

void DirectConnection::OnOpen() {
  transport_.loop_.Cancel(timer_);
  timer_ = 0;
  addresses_ = {};
  WatchFor(EPOLLIN);
  if (!Begin(*carrier_)) Fail("the connection broke before the request was sent");
}

// -------------------------------------------------------------------------- request and answer

bool DirectConnection::Begin(DirectCarrier& carrier) {
  state_ = State::kBusy;
  sent_ = 0;
  is_broken_ = false;
  parser_.Start(&carrier.exchange_.answer_headers(), &carrier.exchange_.answer());
  carrier_ = &carrier;
  if (!Write() && sent_ == 0) {
    carrier_ = nullptr;
    carrier.connection_ = nullptr;
    return false;
  }
  carrier.connection_ = this;
  return true;
}

void DirectConnection::OnReady(uint32_t epoll_events) {
  switch (state_) {
    case State::kConnecting:
      return OnConnected();
    case State::kShakingHands:
      return ShakeHands();
    case State::kIdle:
      return CheckIdle();
    case State::kBusy:
      if ((epoll_events & EPOLLOUT) != 0 && !is_broken_) Write();
      if ((epoll_events & ~uint32_t{EPOLLOUT}) != 0) Read();
  }
}

// As much as the socket takes. False when it takes nothing any more: the server may still have
// answered before it closed.
bool DirectConnection::Write() {
  const std::string_view head = carrier_->head_;
  const std::string_view rest = carrier_->rest_;
  while (sent_ < head.size() + rest.size()) {
    const std::string_view head_left = sent_ < head.size() ? head.substr(sent_) : "";
    const std::string_view rest_left =
        sent_ < head.size() ? rest : rest.substr(sent_ - head.size());
    const ssize_t written = WriteSome(head_left, rest_left);
    if (written == 0) {
      WatchFor(EPOLLIN | EPOLLOUT);
      return true;
    }
    if (written < 0) {
      is_broken_ = true;
      WatchFor(EPOLLIN);
      return false;
    }
    sent_ += static_cast<size_t>(written);
  }
  WatchFor(EPOLLIN);
  return true;
}

// 0: not now; −1: broken.
ssize_t DirectConnection::WriteSome(std::string_view head, std::string_view rest) {
  if (ssl_ != nullptr) {
    const std::string_view part = head.empty() ? rest : head;
    ERR_clear_error();
    size_t written = 0;
    const int done = SSL_write_ex(ssl_.get(), part.data(), part.size(), &written);
    if (done == 1) return static_cast<ssize_t>(written);
    return SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_WRITE ? 0 : -1;
  }
  iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                    {const_cast<char*>(rest.data()), rest.size()}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = rest.empty() ? 1 : 2;
  const ssize_t written = sendmsg(fd_, &message, MSG_NOSIGNAL);
  if (written >= 0) return written;
  return errno == EAGAIN || errno == EINTR ? 0 : -1;
}

// Bytes in the transport's buffer; 0: none now; −1: the connection is over.
ssize_t DirectConnection::ReadSome() {
  std::vector<char>& buffer = transport_.buffer_;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    size_t count = 0;
    const int done = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), &count);
    if (done == 1) return static_cast<ssize_t>(count);
    return SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ ? 0 : -1;
  }
  const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
  if (count > 0) return count;
  return count < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

void DirectConnection::Read() {
  while (true) {
    const ssize_t count = ReadSome();
    if (count == 0) return;
    if (count < 0) {
      if (parser_.TakeEnd() == AnswerParser::State::kDone) return Complete(false);
      return Fail(parser_.untouched()
                      ? "the server closed the connection before it answered"
                      : "the server closed the connection in the middle of its answer");
    }
    std::string_view bytes(transport_.buffer_.data(), static_cast<size_t>(count));
    const AnswerParser::State state = parser_.Take(&bytes);
    if (state == AnswerParser::State::kBad) return Fail(parser_.problem());
    if (state == AnswerParser::State::kDone) return Complete(bytes.empty());
    const bool drained = static_cast<size_t>(count) < transport_.buffer_.size();
    if (drained && ssl_ == nullptr) return;
  }
}

// A server may close a connection that nobody uses; with TLS it may also say something to its own.
void DirectConnection::CheckIdle() {
  if (ssl_ != nullptr && ReadSome() == 0) return;
  transport_.Close(this);
  Disconnect();
}

void DirectConnection::Complete(bool is_clean) {
  DirectCarrier* carrier = std::exchange(carrier_, nullptr);
  carrier->connection_ = nullptr;
  const bool all_sent = sent_ == carrier->head_.size() + carrier->rest_.size();
  const HttpExchange::End end{.transport = Transport::kAnswered,
                              .status = parser_.status(),
                              .bytes_sent = sent_,
                              .header_bytes_received = parser_.header_bytes()};
  if (is_clean && all_sent && parser_.keeps_connection()) {
    state_ = State::kIdle;
    transport_.idle_.push_back(this);
  } else {
    transport_.Close(this);
    Disconnect();
  }
  carrier->exchange_.Finish(end);
}

void DirectConnection::Fail(std::string error) {
  DirectCarrier* carrier = std::exchange(carrier_, nullptr);
  const bool was_open = state_ == State::kBusy;
  transport_.addresses_.Refresh();
  transport_.Close(this);
  Disconnect();
  WEIR_CHECK(carrier != nullptr);
  carrier->connection_ = nullptr;
  carrier->error_ = std::move(error);
  carrier->exchange_.Finish(
      {.transport = was_open && sent_ > 0 ? Transport::kLost : Transport::kNotSent,
       .bytes_sent = sent_,
       .header_bytes_received = parser_.header_bytes()});
}

}  // namespace weir::cosmos
