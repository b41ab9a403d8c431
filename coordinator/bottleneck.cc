#include "coordinator/bottleneck.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "base/clock.h"
#include "reports/quantity.h"

namespace weir {
namespace {

std::string Time(double ns) { return DurationText(ns / kNsPerUs); }

class Naming {
 public:
  Naming(const Symptoms& symptoms, const BottleneckLimits& limits) : s_(symptoms), l_(limits) {}

  v1::Bottleneck Name() {
    if (s_.answered == 0) return {};
    v1::Bottleneck named;
    named.set_place(Place());
    named.set_sentence(sentence_);
    for (const std::string& line : Evidence()) named.add_evidence(line);
    return named;
  }

 private:
  v1::BottleneckPlace Place() {
    if (Lags()) return v1::BOTTLENECK_PLACE_GENERATOR;
    if (IsThrottle()) return v1::BOTTLENECK_PLACE_THROTTLE;
    if (FailsGates() || LeavesSessionsIdle()) return v1::BOTTLENECK_PLACE_GENERATOR;
    if (IsFullNetwork()) return v1::BOTTLENECK_PLACE_NETWORK;
    if (!Queues()) return v1::BOTTLENECK_PLACE_NONE;
    if (IsOutsideServer()) return v1::BOTTLENECK_PLACE_NETWORK;
    if (IsDatabase()) return v1::BOTTLENECK_PLACE_DATABASE;
    NameSessions();
    return v1::BOTTLENECK_PLACE_SESSION_POOL;
  }

  bool Say(std::string sentence) {
    sentence_ = std::move(sentence);
    return true;
  }

  double ShareOfResponse(double ns) const {
    return s_.response_ns > 0 ? std::min(1.0, ns / s_.response_ns) : 0;
  }

  // ---------------------------------------------------------------------------------- places

  bool Lags() {
    if (s_.lag_ns < l_.lag_ns) return false;
    if (ShareOfResponse(s_.lag_ns) < l_.lag_share) return false;
    return Say(absl::StrCat("The agents did not keep up: operations were taken up ",
                            Time(s_.lag_ns), " late on average, ",
                            ShareText(ShareOfResponse(s_.lag_ns)), " of the response time."));
  }

  // Where the database works inside the agent, the workers are full of its work.
  bool FailsGates() {
    if (s_.in_process || s_.generator_gates.empty()) return false;
    if (ShareOfResponse(s_.wait_ns) >= l_.waiting_hides_gates) return false;
    return Say(absl::StrCat("The agents were held up: ", s_.generator_gates.front(), "."));
  }

  bool LeavesSessionsIdle() {
    if (s_.in_process || s_.open_loop || s_.thinks || s_.sessions_busy >= l_.closed_busy)
      return false;
    return Say(absl::StrCat("The agents did not keep up: their sessions were busy ",
                            ShareText(s_.sessions_busy),
                            " of the time, though there was always a next operation."));
  }

  bool IsThrottle() {
    if (s_.throttled_share < l_.throttled_share) return false;
    std::string sentence =
        absl::StrCat("The provisioned throughput: ", ShareText(s_.throttled_share),
                     " of the requests' attempts were refused for lack of it");
    if (s_.fullest_partition_share) {
      absl::StrAppend(&sentence, "; partition ", s_.fullest_partition, " used ",
                      ShareText(*s_.fullest_partition_share), " of its share");
    }
    return Say(sentence + ".");
  }

  bool IsFullNetwork() {
    if (s_.retransmit_share.value_or(0) > l_.retransmit_share) {
      return Say(absl::StrCat("The network: ", ShareText(*s_.retransmit_share),
                              " of the segments had to be sent again."));
    }
    if (s_.link_share.value_or(0) <= l_.link_share) return false;
    return Say(
        absl::StrCat("The network: the agents' link was used to ", ShareText(*s_.link_share), "."));
  }

  bool Queues() {
    Say(s_.open_loop ? absl::StrCat("None: the load was served without queueing; ",
                                    ShareText(ShareOfResponse(s_.service_ns)),
                                    " of the response time was service time.")
                     : absl::StrCat("None: the sessions paused between operations and were busy ",
                                    ShareText(s_.sessions_busy), " of the time."));
    if (!s_.open_loop) return s_.sessions_busy >= l_.sessions_busy || !s_.thinks;
    return ShareOfResponse(s_.wait_ns) >= l_.wait_share || s_.unserved_share >= l_.unserved_share;
  }

  bool IsOutsideServer() {
    if (!s_.server_ns || s_.service_ns < l_.service_to_server * *s_.server_ns) return false;
    if (s_.service_ns - *s_.server_ns < l_.outside_server_ns) return false;
    return Say(absl::StrCat("The way to the server: of ", Time(s_.service_ns),
                            " service time the server took ", Time(*s_.server_ns),
                            " by its own account."));
  }

  bool IsDatabase() {
    if (IsContended() || IsOutOfCpu() || Stalled()) return true;
    if (s_.in_process) {
      return Say(absl::StrCat("The database, which works inside the agent: ", Time(s_.service_ns),
                              " of service time, and the rest waited for it."));
    }
    if (s_.open_loop || KnownToHaveRoom()) return false;
    return Say(absl::StrCat("The database: ", ShareText(ShareOfResponse(s_.service_ns)),
                            " of the response time was its service time. Whether more sessions "
                            "would get more of it, these numbers do not tell."));
  }

  bool InContention() const {
    if (s_.wait_samples < l_.wait_samples) return false;
    return s_.locked_share >= l_.contention_share || (s_.contention_share >= l_.contention_share &&
                                                      s_.waiting_sessions >= l_.waiting_sessions);
  }

  bool IsContended() {
    if (!InContention()) return false;
    return Say(absl::StrCat("The database: its sessions waited inside it in ",
                            ShareText(s_.contention_share), " of the samples, most often for ",
                            s_.longest_wait, " (", ShareText(s_.longest_wait_share), ")."));
  }

  bool IsOutOfCpu() {
    if (!s_.database_cpu_share) return false;
    const double own = *s_.database_cpu_share;
    const bool full =
        s_.machine_cpu_share.value_or(0) >= l_.machine_cpu_share && own >= l_.database_part_of_full;
    if (own < l_.database_cpu_share && !full) return false;
    return Say(absl::StrCat(
        "The database's CPU: it took ", ShareText(own), " of its machine's cores",
        full ? absl::StrCat(", which were busy to ", ShareText(*s_.machine_cpu_share)) : "", "."));
  }

  bool Stalled() {
    const bool idle_between = s_.open_loop && s_.sessions_busy < l_.sessions_busy;
    const bool stall = s_.service_longest_ns >= l_.stall_to_median * s_.service_p50_ns &&
                       s_.service_longest_ns >= l_.stall_to_wait * s_.wait_p99_ns;
    if (!idle_between || !stall) return false;
    return Say(absl::StrCat("The database stalled: its service time is ", Time(s_.service_p50_ns),
                            " in the median and ", Time(s_.service_longest_ns),
                            " at the longest, and what came meanwhile had to wait."));
  }

  // A machine that others filled leaves it none.
  bool KnownToHaveRoom() const {
    return s_.database_cpu_share.has_value() &&
           s_.machine_cpu_share.value_or(0) < l_.machine_cpu_share && !InContention();
  }

  void NameSessions() {
    Say(absl::StrCat("The session pool: ", s_.sessions,
                     s_.sessions == 1 ? " session was" : " sessions were", " busy ",
                     ShareText(s_.sessions_busy), " of the time",
                     s_.open_loop ? absl::StrCat(", and operations waited ", Time(s_.wait_ns),
                                                 " for a free one on average")
                                  : "",
                     KnownToHaveRoom() ? "; the database had room for more."
                                       : "; whether the database has room for more is not known."));
  }

  // ---------------------------------------------------------------------------------- evidence

  std::vector<std::string> Evidence() const {
    std::vector<std::string> lines = {
        absl::StrCat("mean response ", Time(s_.response_ns), ": lag ", Time(s_.lag_ns), ", wait ",
                     Time(s_.wait_ns), ", service ", Time(s_.service_ns)),
        absl::StrCat("sessions busy ", ShareText(s_.sessions_busy), " of the time (", s_.sessions,
                     s_.sessions == 1 ? " session)" : " sessions)")};
    const auto add = [&lines](std::string line) { lines.push_back(std::move(line)); };
    if (s_.server_ns) add(absl::StrCat("server's own time ", Time(*s_.server_ns)));
    if (s_.unserved_share > 0) {
      add(absl::StrCat(ShareText(s_.unserved_share), " of the operations not served in time"));
    }
    if (s_.throttled_share > 0) add(absl::StrCat(ShareText(s_.throttled_share), " throttled"));
    if (s_.fullest_partition_share) {
      add(absl::StrCat("partition ", s_.fullest_partition, " used ",
                       ShareText(*s_.fullest_partition_share), " of its throughput"));
    }
    if (s_.database_cpu_share) {
      add(absl::StrCat("database CPU ", ShareText(*s_.database_cpu_share),
                       " of the cores, machine ", ShareText(s_.machine_cpu_share.value_or(0))));
    }
    if (s_.wait_samples > 0) {
      add(absl::StrCat("waits inside the database: ", ShareText(s_.contention_share), " of ",
                       s_.wait_samples, " samples of busy sessions",
                       s_.longest_wait.empty()
                           ? ""
                           : absl::StrCat(", most ", s_.longest_wait, " (",
                                          ShareText(s_.longest_wait_share), ")")));
    }
    if (s_.checkpoints > 0) add(absl::StrCat(s_.checkpoints, " checkpoints in the measure phase"));
    if (s_.retransmit_share) {
      add(absl::StrCat("TCP retransmits ", ShareText(*s_.retransmit_share)));
    }
    for (const std::string& gate : s_.generator_gates) add(absl::StrCat("gate ", gate));
    return lines;
  }

  const Symptoms& s_;
  const BottleneckLimits& l_;
  std::string sentence_;
};

}  // namespace

v1::Bottleneck NameBottleneck(const Symptoms& symptoms, const BottleneckLimits& limits) {
  return Naming(symptoms, limits).Name();
}

void NameBottleneck(const v1::Scenario& scenario, const v1::Target& target, v1::Leg* leg) {
  v1::Bottleneck named = NameBottleneck(ReadSymptoms(*leg, scenario, target));
  if (named.place() != v1::BOTTLENECK_PLACE_UNSPECIFIED) {
    *leg->mutable_bottleneck() = std::move(named);
  }
}

}  // namespace weir
