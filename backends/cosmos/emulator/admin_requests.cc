#include "backends/cosmos/emulator/admin_requests.h"

#include <simdjson.h>

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/json_text.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

std::string PartitionJson(Partition* partition) {
  const std::scoped_lock lock(partition->mutex());
  std::string spent;
  AppendHundredths(partition->budget().spent(), &spent);
  std::string saved;
  AppendHundredths(partition->budget().saved(), &saved);
  std::string parents;
  for (const uint32_t parent : partition->parents()) {
    absl::StrAppend(&parents, parents.empty() ? "" : ",", "\"", parent, "\"");
  }
  const bool is_gone = partition->state() == Partition::State::kGone;
  return absl::StrCat(
      R"({"id":")", partition->id(), R"(","parents":[)", parents, R"(],"gone":)",
      is_gone ? "true" : "false", R"(,"minInclusive":")", partition->range().low.ToHex(),
      R"(","maxExclusive":")", partition->range().high.ToHex(), R"(","documents":)",
      partition->documents(), R"(,"bytes":)", partition->bytes(), R"(,"lsn":)", partition->lsn(),
      R"(,"throughput":)", partition->budget().per_second() / 100, R"(,"spent":)", spent,
      R"(,"throttled":)", partition->budget().throttled(), R"(,"saved":)", saved, "}");
}

std::string ContainerJson(const Container& container, int64_t now_ns) {
  std::string json = absl::StrCat(R"({"database":)", JsonString(container.ids().database_id),
                                  R"(,"id":)", JsonString(container.id()));
  if (const Offer* offer = container.offer(); offer != nullptr) {
    const Throughput throughput = offer->throughput();
    absl::StrAppend(&json, R"(,"throughput":)", throughput.per_second, R"(,"autoscale":)",
                    throughput.autoscale ? "true" : "false", R"(,"pending":)",
                    offer->IsPending() ? "true" : "false");
    if (throughput.autoscale) {
      absl::StrAppend(&json, R"(,"billed":)",
                      BilledJson(throughput, container.Peaks(now_ns), now_ns));
    }
  }
  json.append(R"(,"partitions":[)");
  const char* separator = "";
  for (Partition* partition : container.AllPartitions()) {
    absl::StrAppend(&json, separator, PartitionJson(partition));
    separator = ",";
  }
  json.append("]}");
  return json;
}

}  // namespace

std::string BilledJson(const Throughput& throughput, const std::vector<HourlyPeak>& peaks,
                       int64_t now_ns) {
  const int64_t last = now_ns / (3600 * kNsPerSecond);
  std::string json = R"({"hours":[)";
  double sum = 0;
  size_t next = 0;
  const char* separator = "";
  for (int64_t hour = peaks.empty() ? last : peaks.front().hour; hour <= last; ++hour) {
    double utilisation = 0.1;
    if (next < peaks.size() && peaks[next].hour == hour) {
      utilisation = std::max(utilisation, peaks[next++].utilisation);
    }
    const double billed = utilisation * throughput.per_second;
    sum += billed;
    json.append(separator);
    AppendJsonNumber(billed, &json);
    separator = ",";
  }
  json.append(R"(],"sum":)");
  AppendJsonNumber(sum, &json);
  json.push_back('}');
  return json;
}

HttpResponse AdminRequests::Answer(const HttpRequest& request,
                                   const std::vector<std::string>& path) {
  if (path.size() == 2 && path[1] == "faults") return AnswerFaults(request);
  if (path.size() == 2 && path[1] == "state" && request.method == "GET") {
    return JsonAnswer(200, StateJson());
  }
  if (path.size() == 2 && path[1] == "split" && request.method == "POST") return Split(request);
  return ErrorAnswer(404, 0,
                     "below /_weir are faults (GET, POST, DELETE), state (GET), split (POST)");
}

HttpResponse AdminRequests::AnswerFaults(const HttpRequest& request) {
  const int64_t now_ns = MonotonicNs();
  if (request.method == "DELETE") {
    faults_.Clear();
  } else if (request.method == "POST") {
    const absl::Status status = faults_.Add(request.body, now_ns);
    if (!status.ok()) return ErrorAnswer(400, 0, std::string(status.message()));
  } else if (request.method != "GET") {
    return ErrorAnswer(405, 0, "faults are read, added (POST) and cleared (DELETE)");
  }
  return JsonAnswer(200, faults_.Json(now_ns));
}

HttpResponse AdminRequests::Split(const HttpRequest& request) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  std::string_view name;
  std::string_view range;
  if (parser.parse(request.body.data(), request.body.size()).get(root) != simdjson::SUCCESS ||
      root["container"].get(name) != simdjson::SUCCESS ||
      root["range"].get(range) != simdjson::SUCCESS || name.find('/') == std::string_view::npos) {
    return ErrorAnswer(400, 0, R"(expected {"container":"database/container","range":"id"})");
  }
  const size_t slash = name.find('/');
  const auto container = account_.Find(name.substr(0, slash), name.substr(slash + 1));
  if (container == nullptr) return ErrorAnswer(404, 0, "there is no such container");
  const absl::Status status = container->Split(range);
  if (!status.ok()) {
    return ErrorAnswer(absl::IsNotFound(status) ? 404 : 400, 0, std::string(status.message()));
  }
  return JsonAnswer(200, ContainerJson(*container, MonotonicNs()));
}

std::string AdminRequests::StateJson() const {
  const int64_t now_ns = MonotonicNs();
  std::string json = R"({"containers":[)";
  const char* separator = "";
  for (const auto& container : account_.Containers()) {
    container->Advance(now_ns);
    absl::StrAppend(&json, separator, ContainerJson(*container, now_ns));
    separator = ",";
  }
  json.append("]}");
  return json;
}

}  // namespace weir::cosmos::emulator
