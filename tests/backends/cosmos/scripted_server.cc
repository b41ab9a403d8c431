#include "tests/backends/cosmos/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

#include "base/check.h"

namespace weir::cosmos {
namespace {

ScriptedRequest ParseHead(const std::string& head) {
  ScriptedRequest request;
  const std::vector<std::string> lines = absl::StrSplit(head, "\r\n");
  const std::vector<std::string> words = absl::StrSplit(lines[0], ' ');
  request.method = words[0];
  request.target = words.size() > 1 ? words[1] : "";
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> field =
        absl::StrSplit(lines[i], absl::MaxSplits(':', 1));
    request.headers[absl::AsciiStrToLower(field.first)] =
        std::string(absl::StripAsciiWhitespace(field.second));
  }
  return request;
}

bool ReadMore(int fd, std::string* buffer) {
  char bytes[65536];
  const ssize_t count = recv(fd, bytes, sizeof(bytes), 0);
  if (count <= 0) return false;
  buffer->append(bytes, static_cast<size_t>(count));
  return true;
}

// Takes one request off the front of what has arrived.
std::optional<ScriptedRequest> ReadRequest(int fd, std::string* buffer) {
  size_t end;
  while ((end = buffer->find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore(fd, buffer)) return std::nullopt;
  }
  ScriptedRequest request = ParseHead(buffer->substr(0, end));
  size_t length = 0;
  const bool has_length = absl::SimpleAtoi(request.header("content-length"), &length);
  const size_t total = end + 4 + (has_length ? length : 0);
  while (buffer->size() < total) {
    if (!ReadMore(fd, buffer)) return std::nullopt;
  }
  request.body = buffer->substr(end + 4, total - end - 4);
  buffer->erase(0, total);
  return request;
}

std::string Render(const ScriptedAnswer& answer) {
  std::string text = absl::StrCat("HTTP/1.1 ", answer.status, " Scripted\r\n");
  for (const auto& [name, value] : answer.headers)
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  if (answer.status != 204) absl::StrAppend(&text, "content-length: ", answer.body.size(), "\r\n");
  return absl::StrCat(text, "\r\n", answer.body);
}

}  // namespace

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  WEIR_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0);
  WEIR_CHECK(listen(listener_, 64) == 0);
  WEIR_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  for (int fd : open_) close(fd);
  close(listener_);
}

std::string ScriptedServer::endpoint() const { return absl::StrCat("http://127.0.0.1:", port_); }

std::vector<ScriptedRequest> ScriptedServer::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

size_t ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

void ScriptedServer::Accept() {
  while (true) {
    const int fd = accept(listener_, nullptr, nullptr);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    if (stopping_) return;
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void ScriptedServer::Serve(int fd) {
  std::string buffer;
  while (std::optional<ScriptedRequest> request = ReadRequest(fd, &buffer)) {
    ScriptedAnswer answer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(*request);
      answer = script_(*request);
    }
    if (answer.then == ScriptedAnswer::Then::kStall) continue;
    if (answer.then == ScriptedAnswer::Then::kHangUp) break;
    const std::string text = Render(answer);
    if (send(fd, text.data(), text.size(), MSG_NOSIGNAL) < 0) break;
  }
  shutdown(fd, SHUT_RDWR);
}

}  // namespace weir::cosmos
