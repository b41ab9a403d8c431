#include "backends/cosmos/emulator/http_connection.h"

#include <sys/epoll.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer_gate.h"
#include "backends/cosmos/emulator/http_worker.h"
#include "backends/cosmos/emulator/json_text.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

constexpr size_t kLongBody = 16 << 10;  // sent from where it is; a shorter one behind its head
constexpr size_t kMostCoalesced = 64 << 10;
constexpr size_t kMostKeptBytes = 16 << 10;
constexpr int kMostReads = 16;  // of one connection, before others have their turn

// Edge-triggered: the loop is told once of what has come, not asked again after it was read. Who
// reads less than it had room for has read all, unless the client's end had come with it.
constexpr uint32_t kInput = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr uint32_t kEnds = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

HttpResponse Problem(int status, std::string_view code, std::string_view message) {
  HttpResponse response{
      status,
      {},
      absl::StrCat(R"({"code":)", JsonString(code), R"(,"message":)", JsonString(message), "}")};
  response.Set("content-type", "application/json");
  return response;
}

HttpResponse NotKept(const absl::Status& status) {
  return Problem(503, "ServiceUnavailable",
                 absl::StrCat("the emulator cannot keep its data: ", status.message()));
}

// "BadRequest" for 400.
std::string CodeOf(int status) {
  if (status == 413) return "RequestEntityTooLarge";
  std::string code(ReasonOf(status));
  std::erase(code, ' ');
  return code;
}

bool HasBody(int status) { return status != 204 && status != 304; }

}  // namespace

HttpConnection::HttpConnection(HttpWorker& worker, uint64_t id, int fd, SslPointer tls)
    : worker_(worker),
      id_(id),
      socket_(fd, std::move(tls)),
      since_(worker.tick()),
      parser_(HttpServer::kMaxBodyBytes) {}

HttpConnection::~HttpConnection() {
  worker_.loop().Cancel(timer_);
  if (watched_ != 0) worker_.loop().Unwatch(socket_.fd());
}

void HttpConnection::WatchFor(uint32_t epoll_events) {
  if (watched_ == epoll_events) return;
  if (watched_ == 0) {
    worker_.loop().Watch(socket_.fd(), epoll_events, this);
  } else {
    worker_.loop().Rewatch(socket_.fd(), epoll_events);
  }
  watched_ = epoll_events;
}

void HttpConnection::Begin() { ShakeHands(); }

void HttpConnection::ShakeHands() {
  switch (socket_.ShakeHands()) {
    case ServerSocket::Io::kSome:
      state_ = State::kOpen;
      since_ = worker_.tick();
      Read();
      return Settle();
    case ServerSocket::Io::kNotNow:
      return WatchFor(socket_.wants());
    default:
      return Close();
  }
}

void HttpConnection::OnReady(uint32_t epoll_events) {
  is_ending_ |= (epoll_events & kEnds) != 0;
  switch (state_) {
    case State::kShakingHands:
      return ShakeHands();
    case State::kLingering:
      return Linger();
    case State::kClosed:
      return;
    case State::kOpen:
      break;
  }
  if (is_choked_) return GoOn();
  if (held_) {
    if ((epoll_events & (EPOLLERR | EPOLLHUP)) != 0) Close();
    return;  // what has come is read after the answer
  }
  Read();
  Settle();
}

// Goes on with what stood behind an answer that is sent now.
void HttpConnection::GoOn() {
  if (!Flush() || is_choked_) return;
  if (!input_.empty() && !IsBlocked()) {
    const std::string input = std::exchange(input_, {});
    TakeRequests(input);
  }
  Read();
  Settle();
}

// ------------------------------------------------------------------------------------- requests

void HttpConnection::Read() {
  const absl::Span<char> buffer = worker_.buffer();
  for (int reads = 0; !IsBlocked(); ++reads) {
    if (reads == kMostReads) {
      if (watched_ != 0) worker_.loop().Rewatch(socket_.fd(), watched_);  // is told once more
      return;
    }
    size_t count = 0;
    switch (socket_.Receive(buffer, &count)) {
      case ServerSocket::Io::kSome:
        break;
      case ServerSocket::Io::kNotNow:
        read_wants_ = socket_.wants();
        return;
      case ServerSocket::Io::kEnd:
        is_closing_ = true;
        if (out_.empty()) Close();
        return;
      case ServerSocket::Io::kBroken:
        return Close();
    }
    TakeRequests({buffer.data(), count});
    if (!socket_.is_tls() && count < buffer.size() && !is_ending_) return;
  }
}

void HttpConnection::TakeRequests(std::string_view bytes) {
  while (!bytes.empty() && !IsBlocked()) {
    if (parser_.untouched()) since_ = worker_.tick();
    switch (parser_.Take(&bytes, &request_)) {
      case RequestParser::State::kReading:
        if (parser_.TakeContinue()) out_.append("HTTP/1.1 100 Continue\r\n\r\n");
        break;
      case RequestParser::State::kBad:
        Refuse(parser_.bad_status(), parser_.problem());
        break;
      case RequestParser::State::kDone:
        OnRequest();
        break;
    }
  }
  if (!is_closing_) input_.assign(bytes);
}

void HttpConnection::OnRequest() {
  is_closing_ = !parser_.keeps_connection();
  says_keep_alive_ = parser_.is_http_1_0() && !is_closing_;
  is_head_ = request_.method == "HEAD";
  const bool is_too_large = parser_.is_too_large();
  HttpResponse response = is_too_large ? Problem(413, CodeOf(413), "Request is too large.")
                                       : worker_.handler()(request_);
  parser_.Start();
  since_ = worker_.tick();
  Answer(std::move(response));
}

// Where the next request would begin, nobody knows.
void HttpConnection::Refuse(int status, std::string_view problem) {
  is_closing_ = true;
  is_head_ = says_keep_alive_ = false;
  Write(Problem(status, CodeOf(status), problem));
}

// -------------------------------------------------------------------------------------- answers

void HttpConnection::Answer(HttpResponse&& response) {
  if (response.is_dropped) {
    if (Flush()) Close();
    return;
  }
  if (response.delay_ms > 0 && !worker_.is_stopping()) {
    timer_ = worker_.loop().Schedule(worker_.loop().Now() + response.delay_ms * kNsPerMs, this);
    held_ = std::move(response);
    return;
  }
  AnswerUnlessGated(std::move(response));
}

void HttpConnection::AnswerUnlessGated(HttpResponse&& response) {
  AnswerGate* const gate = worker_.gate();
  if (gate == nullptr || gate->IsOpen(response.ticket)) return Write(std::move(response));
  const uint64_t ticket = response.ticket;
  held_ = std::move(response);
  worker_.TellWhenOpen(id_, ticket);
}

void HttpConnection::OnTimer() {
  timer_ = 0;
  HttpResponse response = *std::exchange(held_, std::nullopt);
  AnswerUnlessGated(std::move(response));
  if (!held_) GoOn();
}

void HttpConnection::OnGate(const absl::Status& status) {
  if (!held_) return;
  HttpResponse response = *std::exchange(held_, std::nullopt);
  Write(status.ok() ? std::move(response) : NotKept(status));
  GoOn();
}

void HttpConnection::Write(HttpResponse&& response) {
  out_.append("HTTP/1.1 ");
  AppendInteger(response.status, &out_);
  out_.append(" ").append(ReasonOf(response.status)).append("\r\n").append(worker_.DateLine());
  if (is_closing_) out_.append("Connection: close\r\n");
  if (says_keep_alive_) out_.append("Connection: Keep-Alive\r\n");
  out_.append(response.headers.text());
  if (HasBody(response.status)) {
    out_.append("Content-Length: ");
    AppendInteger(static_cast<int64_t>(response.body.size()), &out_);
    out_.append("\r\n");
  }
  out_.append("\r\n");
  if (!is_head_ && HasBody(response.status)) {
    if (response.body.size() < kLongBody) {
      out_.append(response.body);
    } else {
      tail_ = std::move(response.body);
    }
  }
  if (!tail_.empty() || out_.size() > kMostCoalesced) Flush();
}

// False when the connection is closed.
bool HttpConnection::Flush() {
  if (state_ == State::kClosed) return false;
  is_choked_ = false;
  while (sent_ < out_.size() + tail_.size()) {
    const bool in_head = sent_ < out_.size();
    const std::string_view head = in_head ? std::string_view(out_).substr(sent_) : "";
    const std::string_view tail = std::string_view(tail_).substr(in_head ? 0 : sent_ - out_.size());
    size_t count = 0;
    const ServerSocket::Io sent = socket_.Send(head, tail, &count);
    if (sent == ServerSocket::Io::kNotNow) {
      is_choked_ = true;
      WatchFor(socket_.wants());
      return true;
    }
    if (sent != ServerSocket::Io::kSome) {
      Close();
      return false;
    }
    sent_ += count;
    since_ = worker_.tick();
  }
  out_.clear();
  tail_.clear();
  if (out_.capacity() > kMostCoalesced) out_ = {};
  if (tail_.capacity() > 0) tail_ = {};
  sent_ = 0;
  return true;
}

// ------------------------------------------------------------------------------- end of a turn

void HttpConnection::Settle() {
  if (state_ != State::kOpen || !Flush() || is_choked_ || held_) {
    // Held back before it was watched: the end of the connection must be heard all the same.
    if (state_ == State::kOpen && watched_ == 0) WatchFor(kInput);
    return;
  }
  if (!is_closing_) return WatchFor(kInput | read_wants_);
  socket_.EndSending();
  if (worker_.is_stopping()) return Close();
  state_ = State::kLingering;
  since_ = worker_.tick();
  WatchFor(EPOLLIN);
  Linger();
}

// A socket that is closed with bytes unread resets the connection, and the client might lose the
// answer: they are read first, for a while.
void HttpConnection::Linger() {
  size_t count = 0;
  ServerSocket::Io read = ServerSocket::Io::kSome;
  while (read == ServerSocket::Io::kSome) read = socket_.Receive(worker_.buffer(), &count);
  if (read != ServerSocket::Io::kNotNow) Close();
}

void HttpConnection::Close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  worker_.loop().Cancel(timer_);
  if (watched_ != 0) worker_.loop().Unwatch(socket_.fd());
  watched_ = 0;
  worker_.Remove(*this);
}

void HttpConnection::Stop() {
  if (state_ != State::kOpen) return Close();
  if (timer_ != 0) {
    worker_.loop().Cancel(timer_);
    OnTimer();
  } else if (!IsBlocked()) {
    Read();
  }
  if (state_ != State::kOpen) return;
  is_closing_ = true;
  Settle();
}

void HttpConnection::CheckTime() {
  const uint64_t age = worker_.tick() - since_;
  const HttpTicks& ticks = worker_.ticks();
  if (state_ == State::kLingering) {
    if (age > ticks.linger) Close();
    return;
  }
  if (state_ == State::kShakingHands || is_choked_) {
    if (age > (worker_.is_stopping() ? ticks.linger : ticks.request)) Close();
    return;
  }
  if (state_ != State::kOpen || held_) return;
  if (!parser_.untouched()) {
    if (age <= ticks.request) return;
    Refuse(408, "the request did not arrive in time");
    return Settle();
  }
  if (age > ticks.idle) return Close();
  if (age < 2) return;
  parser_.ReleaseMemory();
  if (request_.body.capacity() > kMostKeptBytes) request_.body = {};
  if (out_.capacity() > kMostKeptBytes) out_ = {};
  if (input_.capacity() > kMostKeptBytes) input_ = {};
}

}  // namespace weir::cosmos::emulator
