#include "backends/cosmos/emulator/offer.h"

#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "backends/cosmos/emulator/json_text.h"
#include "backends/cosmos/emulator/wall_clock.h"
#include "base/clock.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

constexpr int kLeastManual = 400;
constexpr int kLeastAutoscale = 1000;
constexpr int kManualStep = 100;
constexpr int kAutoscaleStep = 1000;
constexpr int kMostThroughput = 100'000'000;
// Before a split is carried out, requests that name the range hear 410/1007 for this long at most.
constexpr int64_t kLongestAnnouncementNs = kNsPerSecond / 10;

int CeilDivide(int64_t a, int64_t b) { return static_cast<int>((a + b - 1) / b); }
int RoundUp(int64_t value, int step) { return CeilDivide(value, step) * step; }

absl::Status OutOfSteps(bool autoscale, int minimum) {
  return absl::InvalidArgumentError(absl::StrCat(
      autoscale ? "The offer should have valid autoscale max throughput values between "
                : "The offer should have valid throughput values between ",
      minimum, " and ", kMostThroughput, " inclusive in increments of ",
      autoscale ? kAutoscaleStep : kManualStep, "."));
}

absl::Status CheckSteps(const Throughput& wanted, int minimum) {
  const int step = wanted.autoscale ? kAutoscaleStep : kManualStep;
  const bool fits = wanted.per_second >= minimum && wanted.per_second <= kMostThroughput &&
                    wanted.per_second % step == 0;
  return fits ? absl::OkStatus() : OutOfSteps(wanted.autoscale, minimum);
}

int ToInt(int64_t number) {
  return static_cast<int>(std::clamp<int64_t>(number, 0, std::numeric_limits<int>::max()));
}

}  // namespace

absl::StatusOr<std::optional<Throughput>> ParseThroughput(const ThroughputRequest& request,
                                                          int manual_per_partition) {
  if (request.IsEmpty()) return std::nullopt;
  if (!request.manual.empty() && !request.autopilot.empty()) {
    return absl::InvalidArgumentError(
        "x-ms-offer-throughput and x-ms-cosmos-offer-autopilot-settings exclude each other");
  }
  Throughput throughput;
  throughput.autoscale = !request.autopilot.empty();
  int64_t number = 0;
  if (throughput.autoscale) {
    simdjson::dom::parser parser;
    const auto error =
        parser.parse(request.autopilot.data(), request.autopilot.size())["maxThroughput"].get(
            number);
    if (error != simdjson::SUCCESS) return OutOfSteps(true, kLeastAutoscale);
  } else if (!absl::SimpleAtoi(absl::string_view(request.manual.data(), request.manual.size()),
                               &number)) {
    return OutOfSteps(false, kLeastManual);
  }
  throughput.per_second = ToInt(number);
  WEIR_RETURN_IF_ERROR(
      CheckSteps(throughput, throughput.autoscale ? kLeastAutoscale : kLeastManual));
  throughput.partitions = CeilDivide(
      throughput.per_second, throughput.autoscale ? kMaxPartitionThroughput : manual_per_partition);
  return throughput;
}

// Rids of offers are signed in lower case: letters that keep apart in it.
std::string OfferRid(std::string_view rid_bytes) {
  std::string rid = rid_bytes.size() > 4 ? "O" : "D";
  for (const char c : rid_bytes.substr(rid_bytes.size() - 4)) {
    rid.push_back(static_cast<char>('a' + ((c >> 4) & 0xF)));
    rid.push_back(static_cast<char>('a' + (c & 0xF)));
  }
  return rid;
}

Offer::Offer(Identity identity, const Throughput& throughput, int64_t split_delay_ns,
             Resource resource)
    : identity_(std::move(identity)),
      split_delay_ns_(split_delay_ns),
      resource_(std::move(resource)),
      shown_(throughput),
      applied_(throughput),
      most_ever_(throughput.per_second),
      changed_(NowSeconds()) {}

int Offer::MinimumOf(bool autoscale) const {
  const auto gigabytes = static_cast<int64_t>(resource_.stored_bytes() / 1'000'000'000);
  if (autoscale) {
    return RoundUp(std::max<int64_t>({kLeastAutoscale, 10 * gigabytes, most_ever_ / 10}),
                   kAutoscaleStep);
  }
  return RoundUp(std::max<int64_t>({kLeastManual, gigabytes, most_ever_ / 100}), kManualStep);
}

absl::StatusOr<Throughput> Offer::Read(const Change& change) const {
  Throughput wanted = shown_;
  if (change.to_autoscale || change.to_manual) {
    wanted.autoscale = change.to_autoscale;
    // As the service does: autoscale up to what was provisioned, manual at what it went up to.
    wanted.per_second = change.to_autoscale
                            ? std::max(RoundUp(shown_.per_second, kAutoscaleStep), MinimumOf(true))
                            : shown_.per_second;
    if (wanted.autoscale == shown_.autoscale) {
      return absl::InvalidArgumentError(absl::StrCat("the offer is ",
                                                     shown_.autoscale ? "autoscale" : "manual",
                                                     " already: nothing to migrate"));
    }
    return wanted;
  }
  simdjson::dom::parser parser;
  simdjson::dom::element content;
  if (parser.parse(change.json.data(), change.json.size())["content"].get(content) !=
      simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the body is not an offer: it has no content");
  }
  int64_t number = 0;
  const auto autopilot = content["offerAutopilotSettings"]["maxThroughput"].get(number);
  const bool is_autoscale = autopilot == simdjson::SUCCESS;
  if (is_autoscale != shown_.autoscale) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the offer is ", shown_.autoscale ? "autoscale" : "manual", ": send the header ",
        shown_.autoscale ? "x-ms-cosmos-migrate-offer-to-manual-throughput"
                         : "x-ms-cosmos-migrate-offer-to-autopilot",
        " to migrate it first"));
  }
  if (!is_autoscale && content["offerThroughput"].get(number) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("content.offerThroughput is missing or not a whole number");
  }
  wanted.per_second = ToInt(number);
  return wanted;
}

int Offer::PartitionsFor(const Throughput& throughput) {
  return CeilDivide(throughput.per_second, kMaxPartitionThroughput);
}

absl::Status Offer::Replace(const Change& change, int64_t now_ns) {
  Advance(now_ns);
  const std::scoped_lock lock(mutex_);
  if (pending_) {
    return absl::UnavailableError(
        "a change of the throughput is in progress: wait until x-ms-offer-replace-pending is "
        "false");
  }
  const std::string etag = absl::StrFormat("\"00000000-0000-0000-0000-%012x\"", version_);
  if (!change.if_match.empty() && change.if_match != "*" && change.if_match != etag) {
    return absl::FailedPreconditionError("the offer has another etag than if-match names");
  }
  WEIR_ASSIGN_OR_RETURN(Throughput wanted, Read(change));
  WEIR_RETURN_IF_ERROR(CheckSteps(wanted, MinimumOf(wanted.autoscale)));
  const bool needs_split = PartitionsFor(wanted) > shown_.partitions;
  wanted.partitions = std::max(shown_.partitions, PartitionsFor(wanted));
  shown_ = wanted;
  most_ever_ = std::max(most_ever_, wanted.per_second);
  ++version_;
  changed_ = NowSeconds();
  if (!needs_split || split_delay_ns_ <= 0) {
    applied_ = shown_;
    resource_.apply(wanted);
    return absl::OkStatus();
  }
  pending_ = true;
  announced_ = false;
  split_at_ns_ = now_ns + split_delay_ns_;
  due_ns_ = split_at_ns_ - std::min(split_delay_ns_ / 10, kLongestAnnouncementNs);
  return absl::OkStatus();
}

void Offer::Finish() {
  const std::scoped_lock lock(mutex_);
  applied_ = shown_;
  resource_.apply(shown_);
  pending_ = false;
  due_ns_ = kNever;
}

void Offer::CarryOut(int64_t now_ns) {
  const std::scoped_lock lock(mutex_);
  if (!pending_ || now_ns < due_ns_.load()) return;  // another thread was first
  if (now_ns < split_at_ns_) {
    if (!announced_) resource_.announce(shown_);
    announced_ = true;
    due_ns_ = split_at_ns_;
    return;
  }
  applied_ = shown_;
  resource_.apply(shown_);
  pending_ = false;
  due_ns_ = kNever;
}

Throughput Offer::throughput() const {
  const std::scoped_lock lock(mutex_);
  return shown_;
}

Throughput Offer::applied() const {
  const std::scoped_lock lock(mutex_);
  return applied_;
}

bool Offer::IsPending() const {
  const std::scoped_lock lock(mutex_);
  return pending_;
}

int Offer::Minimum() const {
  const std::scoped_lock lock(mutex_);
  return MinimumOf(shown_.autoscale);
}

std::string Offer::Etag() const {
  const std::scoped_lock lock(mutex_);
  return absl::StrFormat("\"00000000-0000-0000-0000-%012x\"", version_);
}

std::string Offer::Json() const {
  const std::string etag = Etag();
  const std::scoped_lock lock(mutex_);
  std::string autopilot;
  if (shown_.autoscale) {
    autopilot =
        absl::StrCat(R"(,"offerAutopilotSettings":{"maxThroughput":)", shown_.per_second, "}");
  }
  return absl::StrCat(
      R"({"resource":")", identity_.resource, R"(","offerType":"Invalid","offerResourceId":")",
      identity_.resource_rid, R"(","offerVersion":"V2","content":{"offerThroughput":)",
      shown_.per_second, R"(,"offerIsRUPerMinuteThroughputEnabled":false,)",
      R"("offerMinimumThroughputParameters":{"maxThroughputEverProvisioned":)", most_ever_,
      R"(,"maxConsumedStorageEverInKB":)", resource_.stored_bytes() / 1000, "}", autopilot,
      R"(},"id":")", identity_.rid, R"(","_rid":")", identity_.rid, R"(","_self":"offers/)",
      identity_.rid, R"(/","_etag":)", JsonString(etag), R"(,"_ts":)", changed_, "}");
}

}  // namespace weir::cosmos::emulator
