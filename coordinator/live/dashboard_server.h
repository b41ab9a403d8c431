// Serves a LiveFeed to browsers and to Prometheus: the page, its events, metrics and the finished
// report. One thread of its own, which no browser can hold up; connections are limited in number
// and idle ones are closed. Start and destroy it on one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

#include "coordinator/live/live_feed.h"

namespace weir {

// The documents of the feed that are served: /report, and /metrics in two formats.
inline constexpr char kReportDocument[] = "report";
inline constexpr char kOpenMetricsDocument[] = "openmetrics";
inline constexpr char kMetricsTextDocument[] = "metrics";

struct DashboardSettings {
  std::string listen = "127.0.0.1:0";  // HOST:PORT or HOST; port 0: a free one
  bool exposed = false;  // the user knows what it means to listen where others can connect
  std::string token;     // empty: one is made
};

class DashboardServer {
 public:
  static constexpr uint32_t kMostConnections = 64;  // that have shown the token
  static constexpr uint32_t kMostStrangers = 32;    // that have not, yet

  virtual ~DashboardServer() = default;

  // With the token when `with_token`.
  virtual std::string Url(bool with_token) const = 0;
  virtual uint16_t port() const = 0;
  // Sends a comment to those who listen to events, so that whoever is gone is noticed. About every
  // ten seconds; the writer's thread.
  virtual void Pulse() = 0;
};

// `feed` outlives it; the server becomes its listener. An error says what the user can do.
absl::StatusOr<std::unique_ptr<DashboardServer>> StartDashboardServer(
    const DashboardSettings& settings, LiveFeed& feed);

}  // namespace weir
