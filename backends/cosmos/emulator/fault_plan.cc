#include "backends/cosmos/emulator/fault_plan.h"

#include <simdjson.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using simdjson::dom::element;

struct Name {
  std::string_view text;
  FaultKind kind;
};

constexpr Name kFaults[] = {
    {"throttle", FaultKind::kThrottle},
    {"retry_with", FaultKind::kRetryWith},
    {"unavailable", FaultKind::kUnavailable},
    {"timeout", FaultKind::kTimeout},
    {"session_unavailable", FaultKind::kSessionUnavailable},
    {"gone", FaultKind::kGone},
    {"delay", FaultKind::kDelay},
    {"drop_reply", FaultKind::kDropReply},
};

constexpr const char* kOperations[] = {"create", "upsert", "read",        "replace", "delete",
                                       "patch",  "query",  "plan",        "batch",   "bulk",
                                       "feed",   "ranges", "change_feed", "offer",   "metadata"};

absl::Status Wrong(std::string_view key, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(std::string(key), ": ", std::string(what)));
}

absl::Status ReadWhole(element value, std::string_view key, int64_t least, int64_t* out) {
  if (value.get(*out) == simdjson::SUCCESS && *out >= least) return absl::OkStatus();
  return Wrong(key, absl::StrCat("must be a whole number of at least ", least));
}

}  // namespace

absl::Status FaultPlan::ReadMember(std::string_view key, element value, int64_t now_ns,
                                   Rule* rule) {
  std::string_view text;
  const bool is_text = value.get(text) == simdjson::SUCCESS;
  if (key == "fault") {
    const auto* found = std::find_if(std::begin(kFaults), std::end(kFaults),
                                     [&](const Name& name) { return name.text == text; });
    if (!is_text || found == std::end(kFaults)) {
      return Wrong(key,
                   "must be throttle, retry_with, unavailable, timeout, session_unavailable, "
                   "gone, delay or drop_reply");
    }
    rule->fault.kind = found->kind;
  } else if (key == "operation") {
    if (!is_text ||
        std::find(std::begin(kOperations), std::end(kOperations), text) == std::end(kOperations)) {
      return Wrong(key, absl::StrCat("must be one of ", absl::StrJoin(kOperations, ", ")));
    }
    rule->operation = text;
  } else if (key == "container") {
    const size_t slash = text.find('/');
    if (!is_text || slash == std::string_view::npos) {
      return Wrong(key, "must be a text of the form database/container");
    }
    rule->database = text.substr(0, slash);
    rule->container = text.substr(slash + 1);
  } else if (key == "range") {
    if (!is_text) return Wrong(key, "must be the id of a partition key range, as a text");
    rule->range = text;
  } else if (key == "share") {
    if (value.get(rule->share) != simdjson::SUCCESS || rule->share <= 0 || rule->share > 1) {
      return Wrong(key, "must be a number above 0 and at most 1");
    }
  } else if (key == "count") {
    return ReadWhole(value, key, 1, &rule->left);
  } else if (key == "duration_ms") {
    int64_t ms = 0;
    WEIR_RETURN_IF_ERROR(ReadWhole(value, key, 1, &ms));
    rule->until_ns = now_ns + ms * kNsPerMs;
  } else if (key == "retry_after_ms") {
    return ReadWhole(value, key, 0, &rule->fault.retry_after_ms);
  } else if (key == "delay_ms") {
    return ReadWhole(value, key, 1, &rule->fault.delay_ms);
  } else {
    return Wrong(key,
                 "unknown; a rule has fault, operation, container, range, share, count, "
                 "duration_ms, retry_after_ms, delay_ms");
  }
  return absl::OkStatus();
}

absl::Status FaultPlan::Read(std::string_view json, int64_t now_ns, Rule* rule) {
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("the body is not a JSON object");
  }
  for (const auto& [key, value] : object) {
    WEIR_RETURN_IF_ERROR(ReadMember(key, value, now_ns, rule));
  }
  element given;
  if (object["fault"].get(given) != simdjson::SUCCESS) {
    return absl::InvalidArgumentError("fault is missing");
  }
  if (rule->fault.kind == FaultKind::kDelay && rule->fault.delay_ms == 0) {
    return absl::InvalidArgumentError("delay needs delay_ms");
  }
  const bool is_bounded = rule->left != kUnbounded || rule->until_ns != kUnbounded;
  if (rule->fault.kind == FaultKind::kGone && !is_bounded) rule->left = 1;
  rule->json = simdjson::minify(object);
  return absl::OkStatus();
}

absl::Status FaultPlan::Add(std::string_view json, int64_t now_ns) {
  Rule rule;
  WEIR_RETURN_IF_ERROR(Read(json, now_ns, &rule));
  const std::scoped_lock lock(mutex_);
  rules_.push_back(std::move(rule));
  size_ = rules_.size();
  return absl::OkStatus();
}

void FaultPlan::Clear() {
  const std::scoped_lock lock(mutex_);
  rules_.clear();
  size_ = 0;
}

std::string FaultPlan::Json(int64_t now_ns) const {
  const std::scoped_lock lock(mutex_);
  std::string json = R"({"rules":[)";
  const char* separator = "";
  for (const Rule& rule : rules_) {
    const bool is_active = rule.left > 0 && now_ns < rule.until_ns;
    absl::StrAppend(&json, separator, R"({"rule":)", rule.json, R"(,"hits":)", rule.hits,
                    R"(,"active":)", is_active ? "true" : "false", "}");
    separator = ",";
  }
  json.append("]}");
  return json;
}

std::optional<Fault> FaultPlan::Match(const FaultSubject& subject, int64_t now_ns) {
  const std::scoped_lock lock(mutex_);
  for (Rule& rule : rules_) {
    const bool is_meant = (rule.operation.empty() || rule.operation == subject.operation) &&
                          (rule.container.empty() || (rule.database == subject.database &&
                                                      rule.container == subject.container)) &&
                          (rule.range.empty() || rule.range == subject.range);
    if (!is_meant || rule.left == 0 || now_ns >= rule.until_ns) continue;
    // The same requests in the same order meet the same faults.
    constexpr double kWhole = 18446744073709551616.0;  // 2⁶⁴
    if (rule.share < 1 && static_cast<double>(Mix64(rule.seen++)) >= rule.share * kWhole) continue;
    if (rule.left != kUnbounded) --rule.left;
    ++rule.hits;
    return rule.fault;
  }
  return std::nullopt;
}

}  // namespace weir::cosmos::emulator
