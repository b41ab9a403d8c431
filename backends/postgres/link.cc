#include "backends/postgres/link.h"

#include <poll.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/clock.h"

namespace weir {
namespace {

constexpr int64_t kShortestWaitNs = 100 * kNsPerMs;
constexpr int64_t kLongestWaitNs = kNsPerSecond;

// Sent in one go before other sessions have their turn.
constexpr size_t kMostInOneTurn = 512 * 1024;

// A session that is idle keeps no more room than this.
constexpr size_t kKeptRoom = 16 * 1024;

// What is received is looked at in here, and only the beginning of a message that goes on is kept:
// a thousand sessions share one room.
constexpr size_t kRoomBytes = 64 * 1024;
std::array<char, kRoomBytes>& Room() {
  thread_local std::array<char, kRoomBytes> room;
  return room;
}

void Trim(std::string* room) {
  if (room->capacity() > kKeptRoom) std::string().swap(*room);
}

}  // namespace

Link::Link(const ConnectionOptions& options, EventLoop& loop, LinkUser& user)
    : options_(options), loop_(loop), user_(user), wait_ns_(kShortestWaitNs) {}

Link::~Link() {
  loop_.Cancel(timer_);
  Disconnect();
}

// --------------------------------------------------------------------------------- connecting

absl::Status Link::OpenBlocking() {
  const int64_t deadline_ns = MonotonicNs() + options_.timeout_ns;
  BeginConnecting();
  while (state_ != State::kOpen) {
    if (state_ == State::kBroken) return why_broken_;
    const int64_t left_ms = (deadline_ns - MonotonicNs()) / kNsPerMs;
    if (left_ms <= 0) {
      OnTimer();
      continue;
    }
    pollfd socket{PQsocket(connection_.get()), static_cast<short>(wanted_), 0};
    if (poll(&socket, 1, static_cast<int>(left_ms)) > 0) OnReady(wanted_);
  }
  on_loop_ = true;
  Want(wanted_);
  return absl::OkStatus();
}

void Link::BeginConnecting() {
  why_broken_ = absl::OkStatus();
  state_ = State::kConnecting;
  connection_ = weir::BeginConnecting(options_);
  SetTimer(options_.timeout_ns);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) {
    why_broken_ = ConnectionError(connection_.get(), options_);
    Break("cannot connect");
    return;
  }
  Want(EPOLLOUT);
}

void Link::ContinueConnecting() {
  // PQconnectPoll may go on to another address and another socket with the same number.
  if (watched_ >= 0) loop_.Unwatch(std::exchange(watched_, -1));
  switch (PQconnectPoll(connection_.get())) {
    case PGRES_POLLING_READING:
      Want(EPOLLIN);
      break;
    case PGRES_POLLING_OK:
      state_ = State::kSettingUp;
      PQsetnonblocking(connection_.get(), 1);
      socket_.emplace(connection_.get());
      Want(EPOLLIN);
      user_.OnConnected();
      Send();
      break;
    case PGRES_POLLING_FAILED:
      why_broken_ = ConnectionError(connection_.get(), options_);
      Break("cannot connect");
      break;
    default:
      Want(EPOLLOUT);
      break;
  }
}

void Link::SetUpDone() {
  state_ = State::kOpen;
  wait_ns_ = kShortestWaitNs;
  loop_.Cancel(std::exchange(timer_, 0));
  if (on_loop_) user_.OnOpen();
}

void Link::Disconnect() {
  ++generation_;
  if (watched_ >= 0) loop_.Unwatch(std::exchange(watched_, -1));
  wanted_ = 0;
  sent_ = 0;
  out_.clear();
  rest_.clear();
  last_words_.clear();
  socket_.reset();
  connection_.reset();
}

void Link::Break(const std::string& words) {
  if (why_broken_.ok()) {
    why_broken_ = absl::UnavailableError(absl::StrCat("postgres at ", options_.place, ": ", words));
  }
  const std::string kept = words;  // may be last_words_
  Disconnect();
  state_ = State::kBroken;
  SetTimer(wait_ns_);
  wait_ns_ = std::min(2 * wait_ns_, kLongestWaitNs);
  user_.OnBroken(kept);
}

void Link::Reconnect() {
  Disconnect();
  state_ = State::kBroken;
  user_.OnBroken("connection given up");
  BeginConnecting();
}

void Link::OnReady(uint32_t) {
  if (state_ == State::kConnecting) {
    ContinueConnecting();
    return;
  }
  if (connected()) Receive();
  if (connected()) Send();
}

void Link::OnTimer() {
  timer_ = 0;
  if (state_ == State::kBroken) {
    BeginConnecting();
  } else if (state_ != State::kOpen) {
    Break(absl::StrCat("no answer within ", options_.timeout_ns / kNsPerMs, " ms"));
  }
}

void Link::Want(uint32_t epoll_events) {
  const bool changed = std::exchange(wanted_, epoll_events) != epoll_events;
  if (!on_loop_) return;
  if (watched_ < 0) {
    watched_ = PQsocket(connection_.get());
    loop_.Watch(watched_, epoll_events, this);
  } else if (changed) {
    loop_.Rewatch(watched_, epoll_events);
  }
}

void Link::SetTimer(int64_t in_ns) {
  if (!on_loop_) return;
  loop_.Cancel(timer_);
  timer_ = loop_.Schedule(loop_.Now() + in_ns, this);
}

// ------------------------------------------------------------------------------------ sending

void Link::Send() {
  if (!connected()) return;
  size_t turn = 0;
  do {
    turn += out_.size() - sent_;
    if (!SendWritten()) return;
    if (turn >= kMostInOneTurn) return Want(EPOLLIN | EPOLLOUT);
  } while (user_.WriteMore());
  Want(EPOLLIN);
}

// False when something is left, or the connection is lost.
bool Link::SendWritten() {
  while (sent_ < out_.size()) {
    const ssize_t taken = socket_->Send(std::string_view(out_).substr(sent_));
    if (taken <= 0) {
      // Of a lost connection the loop will find out, and first read what the server said before.
      Want(taken < 0 ? EPOLLIN : EPOLLIN | EPOLLOUT);
      return false;
    }
    sent_ += static_cast<size_t>(taken);
  }
  ForgetSent();
  return true;
}

void Link::ForgetSent() {
  sent_ = 0;
  out_.clear();
  Trim(&out_);
}

// ---------------------------------------------------------------------------------- receiving

void Link::Receive() {
  const uint64_t generation = generation_;
  std::array<char, kRoomBytes>& room = Room();
  while (true) {
    errno = 0;
    const ssize_t received = socket_->Receive(room.data(), room.size());
    if (received == 0) return;
    if (received < 0) return Break(WhyLost());
    const auto size = static_cast<size_t>(received);
    if (!Take({room.data(), size}) || generation_ != generation) return;
    if (size < room.size() && !socket_->buffers()) return;
  }
}

std::string Link::WhyLost() const {
  if (!last_words_.empty()) return last_words_;
  if (errno != 0) return absl::StrCat("connection lost: ", std::strerror(errno));
  return "server closed the connection unexpectedly";
}

// False when the connection was given up on the way: nothing here is looked at any more then.
bool Link::Take(std::string_view fresh) {
  const uint64_t generation = generation_;
  if (!rest_.empty()) fresh = rest_.append(fresh);
  ServerMessage message;
  while (true) {
    switch (TakeMessage(&fresh, &message)) {
      case Taken::kMore:
        Keep(fresh);
        return true;
      case Taken::kBad:
        Break("the server sent what no PostgreSQL server sends");
        return false;
      case Taken::kMessage:
        LookAt(message);
        user_.OnMessage(message);
        if (generation_ != generation) return false;
        break;
    }
  }
}

void Link::Keep(std::string_view rest) {
  if (rest_.empty()) {
    rest_.assign(rest);
    return;
  }
  rest_.erase(0, rest_.size() - rest.size());
  if (rest_.empty()) Trim(&rest_);
}

void Link::LookAt(const ServerMessage& message) {
  if (message.type != MessageType::kError) return;
  const ErrorFields error = ReadError(message.body);
  if (error.severity != "FATAL" && error.severity != "PANIC") return;
  last_words_ = absl::StrCat(std::string(error.severity), ": ", std::string(error.message));
}

}  // namespace weir
