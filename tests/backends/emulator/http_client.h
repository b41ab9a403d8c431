// A blocking client of bytes, plain or TLS, on loopback: what is tested is the server's side.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"

namespace weir::cosmos::emulator {

class HttpClient {
 public:
  explicit HttpClient(uint16_t port, SSL_CTX* tls = nullptr)
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const timeval limit{10, 0};
    setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_open_ = connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0;
    if (!is_open_ || tls == nullptr) return;
    ssl_ = SSL_new(tls);
    SSL_set_fd(ssl_, fd_);
    is_open_ = SSL_connect(ssl_) == 1;
  }
  ~HttpClient() {
    SSL_free(ssl_);
    close(fd_);
  }
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  bool is_open() const { return is_open_; }
  int fd() const { return fd_; }

  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ssl_ != nullptr
                               ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                               : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<size_t>(sent));
    }
    return true;
  }
  void EndSending() const { shutdown(fd_, SHUT_WR); }

  // The next answer with its body; what came of it when the connection ends before.
  std::string Receive(bool has_body = true) {
    size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
      if (!Fill()) return std::exchange(buffer_, {});
    }
    size_t size = end + 4;
    const size_t length = buffer_.find("Content-Length: ");
    if (has_body && length < end) {
      size_t body = 0;
      const size_t from = length + 16;
      if (!absl::SimpleAtoi(buffer_.substr(from, buffer_.find('\r', from) - from), &body)) {
        return "no length";
      }
      size += body;
    }
    while (buffer_.size() < size) {
      if (!Fill()) return std::exchange(buffer_, {});
    }
    std::string answer = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return answer;
  }
  // Everything up to the end of the connection.
  std::string ReceiveAll() {
    while (Fill()) {
    }
    return std::exchange(buffer_, {});
  }
  // Whether the server has closed, or does so within the socket's patience.
  bool IsClosed() { return ReceiveAll().empty() && is_at_end_; }

 private:
  bool Fill() {
    char bytes[16384];
    const ssize_t got =
        ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof(bytes)) : recv(fd_, bytes, sizeof(bytes), 0);
    is_at_end_ = got == 0 || (got < 0 && ssl_ == nullptr && errno == ECONNRESET);
    if (got <= 0) return false;
    buffer_.append(bytes, static_cast<size_t>(got));
    return true;
  }

  const int fd_;
  SSL* ssl_ = nullptr;
  bool is_open_ = false;
  bool is_at_end_ = false;
  std::string buffer_;
};

}  // namespace weir::cosmos::emulator
