// A TCP proxy on this machine whose connections a test can cut, as a network does, forget and slow
// down. Threads of its own.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
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
  // Nothing comes through the connections that there are any more, in either direction, and they
  // stay open, as when a firewall has forgotten them; new ones are served.
  void Forget();
  // The next answer of the server that holds these bytes (in one piece) is swallowed, and its
  // connection cut: what was asked is done, and who asked does not know.
  void CutAtAnswer(std::string bytes);
  // From now on answers are held back by this part of the time since their request was sent on: 0.1
  // makes a server 10 % slower. For clients that ask one thing at a time on a connection.
  void SlowDown(double part) { slow_down_ = part; }
  int connections() const { return connections_; }  // so far

 private:
  void Accept();
  void Serve(int client);
  struct Held {
    int64_t asked_ns = 0;  // when what is answered was asked
    int64_t for_ns = 0;    // how long the answer was held back so far
  };

  struct Connection {
    const int client;
    const int server;
    std::atomic<int64_t> asked_ns{0};  // when the last request was sent on
    std::atomic<bool> forgotten{false};

    Connection(int from, int to, int64_t now_ns) : client(from), server(to), asked_ns(now_ns) {}
  };

  void PumpRequests(Connection& connection);
  void PumpAnswers(const Connection& connection);
  void HoldBack(int64_t asked_ns, Held* held) const;
  bool ToBeCut(std::string_view answer);

  const int target_port_;
  int port_ = 0;
  int listener_ = -1;
  std::atomic<bool> over_{false};
  std::atomic<int> connections_{0};
  std::atomic<double> slow_down_{0};
  std::mutex mutex_;
  std::deque<Connection> served_;  // all so far
  std::string cut_at_;             // empty: nothing is swallowed
  std::vector<std::thread> pumps_;
  std::thread acceptor_;
};

}  // namespace weir
