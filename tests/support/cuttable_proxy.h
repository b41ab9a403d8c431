// A TCP proxy on this machine whose connections a test can cut, as a network does. Threads of its
// own.
#pragma once

#include <atomic>
#include <mutex>
#include <thread>
#include <vector>

namespace weir {

class CuttableProxy {
 public:
  explicit CuttableProxy(int target_port);  // on 127.0.0.1
  ~CuttableProxy();

  int port() const { return port_; }
  void Cut();  // all connections that there are; new ones are served
  int connections() const { return connections_; }  // so far

 private:
  void Accept();
  void Serve(int client);

  const int target_port_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<bool> over_{false};
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> sockets_;
  std::vector<std::thread> pumps_;
  std::thread acceptor_;
};

}  // namespace weir
