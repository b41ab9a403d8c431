#include "tests/backends/cosmos_http/wire_server.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/pem.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "base/check.h"

namespace weir::cosmos {
namespace {

uint16_t PortOf(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  WEIR_CHECK(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

int Listen(const std::string& host, uint16_t port, int backlog, int receive_buffer) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  WEIR_CHECK(getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found) == 0);
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  WEIR_CHECK(bind(fd, found->ai_addr, found->ai_addrlen) == 0);
  WEIR_CHECK(listen(fd, backlog) == 0);
  freeaddrinfo(found);
  return fd;
}

BIO* Text(const std::string& pem) {
  return BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
}

}  // namespace

std::string AnswerWith(std::string_view body, std::string_view more_headers) {
  std::string answer("HTTP/1.1 200 OK\r\n");
  answer.append(more_headers);
  answer.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  return answer.append(body);
}

// -------------------------------------------------------------------------------- a connection

bool Wire::Fill() {
  const std::string more = ReadSome(size_t{64} << 10);
  buffer_ += more;
  return !more.empty();
}

std::string Wire::ReadSome(size_t at_most) {
  std::string bytes(at_most, '\0');
  const ssize_t count = ssl_ == nullptr ? recv(fd_, bytes.data(), at_most, 0)
                                        : SSL_read(ssl_, bytes.data(), static_cast<int>(at_most));
  bytes.resize(static_cast<size_t>(std::max<ssize_t>(count, 0)));
  return bytes;
}

std::optional<WireRequest> Wire::ReadRequest() {
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return std::nullopt;
  }
  WireRequest request{.head = buffer_.substr(0, end + 4), .body = ""};
  buffer_.erase(0, end + 4);
  constexpr std::string_view kLength = "Content-Length: ";
  size_t length = 0;
  if (const size_t at = request.head.find(kLength); at != std::string::npos) {
    const size_t from = at + kLength.size();
    WEIR_CHECK(
        absl::SimpleAtoi(request.head.substr(from, request.head.find('\r', from) - from), &length));
  }
  while (buffer_.size() < length) {
    if (!Fill()) return std::nullopt;
  }
  request.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return request;
}

bool Wire::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ssl_ == nullptr
                             ? send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL)
                             : SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

bool Wire::SendSlowly(std::string_view bytes, size_t piece) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min(piece, bytes.size()))) {
    if (!Send(bytes.substr(0, piece))) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(300));
  }
  return true;
}

void Wire::CloseByReset() const {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

void Wire::EndSending() const { shutdown(fd_, SHUT_WR); }

// ---------------------------------------------------------------------------------- the server

WireServer::WireServer(std::function<void(Wire&)> serve, const WireOptions& options)
    : serve_(std::move(serve)), host_(options.address) {
  if (!options.tls.key.empty()) UseTls(options);
  listener_ = Listen(options.address, 0, 128, options.receive_buffer);
  port_ = PortOf(listener_);
  acceptor_ = std::thread([this] { Accept(); });
}

WireServer::~WireServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

std::string WireServer::url() const {
  const bool six = host_.find(':') != std::string::npos;
  return absl::StrCat(tls_ == nullptr ? "http" : "https", "://", six ? "[" : "", host_,
                      six ? "]:" : ":", port_);
}

void WireServer::UseTls(const WireOptions& options) {
  tls_.reset(SSL_CTX_new(TLS_server_method()));
  const std::unique_ptr<BIO, int (*)(BIO*)> certificate(Text(options.tls.certificate), &BIO_free);
  const std::unique_ptr<BIO, int (*)(BIO*)> key(Text(options.tls.key), &BIO_free);
  const std::unique_ptr<X509, void (*)(X509*)> x509(
      PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr), &X509_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> private_key(
      PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  WEIR_CHECK(SSL_CTX_use_certificate(tls_.get(), x509.get()) == 1);
  WEIR_CHECK(SSL_CTX_use_PrivateKey(tls_.get(), private_key.get()) == 1);
  if (options.tls_version != 0) SSL_CTX_set_max_proto_version(tls_.get(), options.tls_version);
}

void WireServer::Accept() {
  while (true) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::lock_guard lock(mutex_);
    if (stopping_) {
      close(fd);
      return;
    }
    open_.push_back(fd);
    ++connections_;
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void WireServer::Serve(int fd) {
  // The server's own writes may meet a closed connection; the client's must do without this.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);

  SSL* ssl = nullptr;
  if (tls_ != nullptr) {
    ssl = SSL_new(tls_.get());
    SSL_set_fd(ssl, fd);
  }
  if (ssl == nullptr || SSL_accept(ssl) == 1) {
    Wire wire(fd, ssl);
    serve_(wire);
  }
  SSL_free(ssl);
  const std::lock_guard lock(mutex_);
  std::erase(open_, fd);
  close(fd);
  ++closed_;
}

// -------------------------------------------------------------------------------- a full queue

FullListener::FullListener(const std::string& address, uint16_t port)
    : address_(address), listener_(Listen(address, port, 0, 0)), port_(PortOf(listener_)) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port_);
  WEIR_CHECK(inet_pton(AF_INET, address.c_str(), &to.sin_addr) == 1);
  // Until one does not get through.
  for (bool through = true; through;) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    (void)connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
    pollfd connected{.fd = fd, .events = POLLOUT, .revents = 0};
    through = poll(&connected, 1, 100) == 1;
    waiting_.push_back(fd);
  }
}

FullListener::~FullListener() {
  for (const int fd : waiting_) close(fd);
  close(listener_);
}

std::string FullListener::url() const { return absl::StrCat("http://", address_, ":", port_); }

}  // namespace weir::cosmos
