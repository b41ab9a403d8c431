// An HTTP server that answers as a test tells it: for what the emulator never does. On loopback,
// one thread per connection; everything is over when it is destroyed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace weir::cosmos {

struct ScriptedRequest {
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;

  std::string header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? std::string() : found->second;
  }
};

struct ScriptedAnswer {
  int status = 200;
  std::map<std::string, std::string> headers;
  std::string body;
  enum class Then { kKeepOpen, kHangUp, kStall } then = Then::kKeepOpen;  // instead of an answer
};

class ScriptedServer {
 public:
  using Script = std::function<ScriptedAnswer(const ScriptedRequest&)>;

  // The script is called under a lock, on threads of the server.
  explicit ScriptedServer(Script script);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::string endpoint() const;
  // What has arrived so far, hung up on or not.
  std::vector<ScriptedRequest> requests() const;
  size_t connections() const;

 private:
  void Accept();
  void Serve(int fd);

  Script script_;
  int listener_;
  uint16_t port_ = 0;
  mutable std::mutex mutex_;
  bool stopping_ = false;                  // guarded by mutex_
  std::vector<ScriptedRequest> requests_;  // guarded by mutex_
  std::vector<int> open_;                  // guarded by mutex_
  std::vector<std::thread> threads_;       // guarded by mutex_
  std::thread acceptor_;
};

}  // namespace weir::cosmos
