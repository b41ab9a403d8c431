// A TCP proxy on this machine whose connections a test can cut, as a network does. Threads of its
// own.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace weir {

class CuttableProxy {
 public:
  explicit CuttableProxy(int target_port);  // on 127.0.0.1
  ~CuttableProxy();

  int port() const { return port_; }
  void Cut();  // all connections that there are; new ones are served
  // The next answer of the server that holds these bytes (in one piece) is swallowed, and its
  // connection cut: what was asked is done, and who asked does not know.
  void CutAtAnswer(std::string bytes);
  int connections() const { return connections_; }  // so far

 private:
  void Accept();
  void Serve(int client);
  void Pump(int from, int to, bool answers);
  bool ToBeCut(std::string_view answer);

  const int target_port_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<bool> over_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::string cut_at_;  // empty: nothing is swallowed
  std::vector<std::thread> pumps_;
  std::thread acceptor_;
};

}  // namespace weir
