// The requests that a calibration makes in one container: items of many sizes and numbers of
// indexed properties, queries whose numbers of items are known, feeds, refusals. Blocking; one
// thread.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"

#include "backends/cosmos/calibration/measured_requests.h"
#include "backends/cosmos/calibration/observation.h"
#include "backends/cosmos/gateway.h"

namespace weir::cosmos {

// The indexing policies under which the points are measured, a container for each.
enum class PointPolicy : uint8_t { kEverything, kKeysOnly, kNothing };
inline constexpr PointPolicy kPointPolicies[] = {PointPolicy::kEverything, PointPolicy::kKeysOnly,
                                                 PointPolicy::kNothing};
const char* NameOf(PointPolicy policy);
std::string IndexingPolicyJson(PointPolicy policy);

// What was observed, and what could not be: "patch: HTTP 501", each once.
struct PointResults {
  std::vector<Observation> observations;
  std::vector<std::string> not_measured;
};

class PointSet {
 public:
  // `gateway` names the container, which has the partition key /pk and this policy, and is empty.
  PointSet(const Gateway& gateway, PointPolicy policy, ControlClient* client,
           MeasuredRequests* requests, PointResults* results)
      : gateway_(gateway),
        policy_(policy),
        client_(client),
        requests_(requests),
        results_(results) {}

  // All of them. Not OK: as MeasuredRequests::Send; what was observed until then is kept.
  absl::Status Run();

 private:
  struct Item {
    std::string id;
    std::string key;
    int fields = 0;
    int pad = 0;      // bytes of text
    int version = 0;  // its first half of the fields differs with it
    double kb = 0;    // as stored, once written
    std::string etag;
  };

  int Terms(const Item& item) const;
  static std::string Json(const Item& item);
  Resource ResourceOf(const std::string& id) const;
  absl::StatusOr<MeasuredAnswer> Send(HttpMethod method, const Resource& resource,
                                      const std::string& key, const std::string& body,
                                      MeasuredRequests::Headers more = {});
  // Whether the answer has this status; if so the observation is kept, else it is said once.
  bool Note(const MeasuredAnswer& answer, int expected, Observation observation);

  absl::Status Create(Item* item);
  absl::Status RunItem(Item item, int number);
  absl::Status Replace(Item* item, Item next);
  absl::Status Patch(Item* item);
  absl::Status Delete(const Item& item);
  absl::Status RunRefusals();
  absl::Status RunGroup(const std::string& key, int count, int pad);
  absl::Status Query(const std::string& key, const std::string& text, Observation seen,
                     int page_size = 1000);
  absl::Status RunIndexedQueries(const std::string& key, const QueriedItems& items);
  absl::Status RunFeeds(const std::string& key, const QueriedItems& items);

  const Gateway& gateway_;
  const PointPolicy policy_;
  ControlClient* client_;
  MeasuredRequests* requests_;
  PointResults* results_;
};

}  // namespace weir::cosmos
