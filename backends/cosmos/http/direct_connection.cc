#include "backends/cosmos/http/direct_connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir::cosmos {
namespace {

// Shorter ones are sent behind the headers: one call, one TLS record.
constexpr size_t kShortBody = 4 << 10;

// A connection that is used all the time is watched all the time. What was idle for longer is
// looked at before it is used: nobody may have run the loop meanwhile.
constexpr int64_t kTrustedIdleNs = 20 * kNsPerMs;

constexpr int kKeepAliveSeconds = 60;  // as libcurl

// To the kernel's tick, some milliseconds: enough for kTrustedIdleNs, and asked twice per request.
int64_t CoarseNowNs() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

int OpenSocket(int family) {
  const int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fd;
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kKeepAliveSeconds, sizeof(kKeepAliveSeconds));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kKeepAliveSeconds, sizeof(kKeepAliveSeconds));
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
  carrier_ = nullptr;
  CloseSocket();
}

void DirectConnection::CloseSocket() {
  transport_.loop_.Cancel(timer_);
  timer_ = 0;
  if (ssl_ != nullptr && (state_ == State::kIdle || state_ == State::kBusy)) {
    SSL_shutdown(ssl_.get());  // the goodbye, if it can be said at once
    ERR_clear_error();
  }
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
  CloseSocket();
  const int64_t limit_ns = transport_.settings_.connect_timeout_ns;
  while (next_address_ < addresses_.size()) {
    const SocketAddress& address = addresses_[next_address_++];
    state_ = State::kConnecting;
    fd_ = OpenSocket(address.storage.ss_family);
    const bool begun =
        fd_ >= 0 &&
        (connect(fd_, reinterpret_cast<const sockaddr*>(&address.storage), address.size) == 0 ||
         errno == EINPROGRESS || errno == EINTR);
    if (begun) {
      WatchFor(EPOLLOUT);
      if (limit_ns > 0) {
        timer_ = transport_.loop_.Schedule(
            transport_.loop_.Now() + limit_ns / static_cast<int64_t>(addresses_.size()), this);
      }
      return true;
    }
    *error = std::strerror(errno);
    CloseSocket();
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
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) failure = errno;
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
  errno = 0;
  const int done = SSL_do_handshake(ssl_.get());
  if (done == 1) return OnOpen();
  const int error = SSL_get_error(ssl_.get(), done);
  if (error == SSL_ERROR_WANT_READ) return WatchFor(EPOLLIN);
  if (error == SSL_ERROR_WANT_WRITE) return WatchFor(EPOLLOUT);
  Fail(TlsError(ssl_.get(), error));
}

void DirectConnection::OnOpen() {
  transport_.loop_.Cancel(timer_);
  timer_ = 0;
  if (next_address_ > 1) transport_.addresses_.Prefer(addresses_[next_address_ - 1]);
  addresses_ = {};
  DirectCarrier& carrier = *carrier_;
  if (Begin(carrier)) return;
  carrier_ = &carrier;
  Fail("the server closed the connection before the request was sent");
}

// -------------------------------------------------------------------------- request and answer

bool DirectConnection::Begin(DirectCarrier& carrier) {
  state_ = State::kBusy;
  sent_ = 0;
  write_wants_ = 0;
  read_wants_ = EPOLLIN;
  parser_.Start(&carrier.exchange_.answer_headers(), &carrier.exchange_.answer());
  carrier_ = &carrier;
  if (!Write() && sent_ == 0) {
    carrier_ = nullptr;
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
      if ((epoll_events & write_wants_) != 0) Write();
      if ((epoll_events & (read_wants_ | EPOLLERR | EPOLLHUP)) == 0 || !Read()) return;
      // Reading may have taken what TLS waited for in order to write.
      if (write_wants_ == EPOLLIN) Write();
  }
}

// As much as the socket takes. False when it takes nothing any more: the server may still have
// answered before it closed, and the end of the connection is always there to be read.
bool DirectConnection::Write() {
  const std::string_view head = carrier_->head_;
  const std::string_view rest = carrier_->rest_;
  Io wrote = Io::kSome;
  while (wrote == Io::kSome && sent_ < head.size() + rest.size()) {
    const std::string_view head_left = sent_ < head.size() ? head.substr(sent_) : "";
    const std::string_view rest_left =
        sent_ < head.size() ? rest : rest.substr(sent_ - head.size());
    size_t count = 0;
    wrote = WriteSome(head_left, rest_left, &count);
    sent_ += count;
  }
  if (wrote != Io::kNotNow) write_wants_ = 0;
  WatchFor(read_wants_ | write_wants_);
  return wrote != Io::kBroken;
}

// What the failure of a TLS call means; *wants is what it waits for.
DirectConnection::Io DirectConnection::AfterTls(int done, uint32_t* wants) {
  const int error = SSL_get_error(ssl_.get(), done);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    *wants = error == SSL_ERROR_WANT_READ ? EPOLLIN : EPOLLOUT;
    return Io::kNotNow;
  }
  if (error == SSL_ERROR_ZERO_RETURN) return Io::kEnd;
  break_text_ = TlsError(ssl_.get(), error);
  return Io::kBroken;
}

DirectConnection::Io DirectConnection::WriteSome(std::string_view head, std::string_view rest,
                                                 size_t* count) {
  if (ssl_ != nullptr) {
    const std::string_view part = head.empty() ? rest : head;
    ERR_clear_error();
    const int done = SSL_write_ex(ssl_.get(), part.data(), part.size(), count);
    if (done == 1) return Io::kSome;
    if (AfterTls(done, &write_wants_) == Io::kNotNow) return Io::kNotNow;
    shutdown(fd_, SHUT_RDWR);  // TLS may be at odds while the socket is well: let the loop hear
    return Io::kBroken;
  }
  ssize_t written = 0;
  if (rest.empty() || head.empty()) {
    const std::string_view part = head.empty() ? rest : head;
    written = send(fd_, part.data(), part.size(), MSG_NOSIGNAL);
  } else {
    iovec parts[2] = {{const_cast<char*>(head.data()), head.size()},
                      {const_cast<char*>(rest.data()), rest.size()}};
    msghdr message{};
    message.msg_iov = parts;
    message.msg_iovlen = 2;
    written = sendmsg(fd_, &message, MSG_NOSIGNAL);
  }
  if (written >= 0) {
    *count = static_cast<size_t>(written);
    return Io::kSome;
  }
  if (errno != EAGAIN && errno != EINTR) return Io::kBroken;
  write_wants_ = EPOLLOUT;
  return Io::kNotNow;
}

// Bytes in the transport's buffer.
DirectConnection::Io DirectConnection::ReadSome(size_t* count) {
  std::vector<char>& buffer = transport_.buffer_;
  if (ssl_ != nullptr) {
    ERR_clear_error();
    const int done = SSL_read_ex(ssl_.get(), buffer.data(), buffer.size(), count);
    read_wants_ = EPOLLIN;
    return done == 1 ? Io::kSome : AfterTls(done, &read_wants_);
  }
  const ssize_t received = recv(fd_, buffer.data(), buffer.size(), 0);
  if (received > 0) {
    *count = static_cast<size_t>(received);
    return Io::kSome;
  }
  if (received == 0) return Io::kEnd;
  if (errno == EAGAIN || errno == EINTR) return Io::kNotNow;  // epoll will tell once more
  break_text_ = std::strerror(errno);
  return Io::kBroken;
}

// False when the request is over: this connection may already serve another.
bool DirectConnection::Read() {
  while (true) {
    size_t count = 0;
    const Io read = ReadSome(&count);
    if (read == Io::kNotNow) {
      WatchFor(read_wants_ | write_wants_);
      return true;
    }
    if (read != Io::kSome) {
      OnAnswerCut(read);
      return false;
    }
    std::string_view bytes(transport_.buffer_.data(), count);
    const AnswerParser::State state = parser_.Take(&bytes);
    if (state == AnswerParser::State::kReading) {
      // A socket that gave less than there was room for is empty.
      if (ssl_ == nullptr && count < transport_.buffer_.size()) return true;
      continue;
    }
    state == AnswerParser::State::kDone ? Complete(bytes.empty()) : Fail(parser_.problem());
    return false;
  }
}

void DirectConnection::OnAnswerCut(Io how) {
  const bool untouched = parser_.untouched();
  if (how == Io::kEnd) {
    if (parser_.TakeEnd() == AnswerParser::State::kDone) return Complete(false);
    return Fail(untouched ? "the server closed the connection before it answered"
                          : "the server closed the connection in the middle of its answer");
  }
  Fail(absl::StrCat(untouched ? "the connection broke before the server answered: "
                              : "the connection broke in the middle of the answer: ",
                    break_text_));
}

bool DirectConnection::IsStillOpen() {
  if (CoarseNowNs() - idle_since_ns_ < kTrustedIdleNs) return true;
  size_t count = 0;
  return ReadSome(&count) == Io::kNotNow;
}

// A server may close a connection that nobody uses, and TLS may say something to TLS. Whatever else
// comes belongs to no request.
void DirectConnection::CheckIdle() {
  size_t count = 0;
  if (ReadSome(&count) != Io::kNotNow) transport_.Close(this);
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
    idle_since_ns_ = CoarseNowNs();
    WatchFor(EPOLLIN);
    transport_.idle_.push_back(this);
  } else {
    transport_.Close(this);
  }
  carrier->exchange_.Finish(end);  // may send again, on this connection too, or end the exchange
}

void DirectConnection::Fail(std::string error) {
  DirectCarrier* carrier = carrier_;
  const bool was_open = state_ == State::kBusy;
  transport_.addresses_.Refresh(transport_.loop_.Now());
  transport_.Close(this);
  carrier->connection_ = nullptr;
  carrier->error_ = std::move(error);
  carrier->exchange_.Finish(
      {.transport = was_open && sent_ > 0 ? Transport::kLost : Transport::kNotSent,
       .bytes_sent = sent_,
       .header_bytes_received = parser_.header_bytes()});
}

}  // namespace weir::cosmos
