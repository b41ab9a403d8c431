#include "coordinator/deploy/pod_report.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"

#include "coordinator/deploy/kubernetes_manifests.h"

namespace weir {
namespace {

using Json = nlohmann::json;

// A member, or an empty object: what a pod has not yet come to is left out.
const Json& Of(const Json& object, const char* name) {
  static const Json nothing = Json::object();
  const auto found = object.find(name);
  return found == object.end() ? nothing : *found;
}

std::string TextOf(const Json& object, const char* name) {
  const Json& value = Of(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

// Waiting is no trouble while the container is only being made.
std::string TroubleOf(const Json& state) {
  const Json& waiting = Of(state, "waiting");
  const std::string reason = TextOf(waiting, "reason");
  if (reason.empty() || reason == "ContainerCreating" || reason == "PodInitializing") return "";
  const std::string message = TextOf(waiting, "message");
  return message.empty() ? reason : absl::StrCat(reason, ": ", message);
}

std::string Unscheduled(const Json& status) {
  for (const Json& condition : Of(status, "conditions")) {
    if (TextOf(condition, "type") != "PodScheduled" || TextOf(condition, "status") != "False") {
      continue;
    }
    return absl::StrCat(TextOf(condition, "reason"), ": ", TextOf(condition, "message"));
  }
  return "";
}

// Of a container that prepares the pod: ended, and not well.
std::string InitTrouble(const Json& container) {
  const Json& ended = Of(Of(container, "state"), "terminated");
  if (!ended.contains("exitCode") || ended["exitCode"] == 0) return "";
  return absl::StrCat(TextOf(container, "name"), " ended with exit code ",
                      ended["exitCode"].get<int>());
}

PodReport Read(const Json& pod) {
  PodReport report;
  report.name = TextOf(Of(pod, "metadata"), "name");
  report.component = TextOf(Of(Of(pod, "metadata"), "labels"), kComponentLabel);
  const Json& status = Of(pod, "status");
  const std::string phase = TextOf(status, "phase");
  report.ended = phase == "Succeeded" || phase == "Failed";
  report.trouble = Unscheduled(status);
  for (const Json& container : Of(status, "initContainerStatuses")) {
    if (report.trouble.empty()) report.trouble = InitTrouble(container);
    if (report.trouble.empty()) report.trouble = TroubleOf(Of(container, "state"));
  }
  for (const Json& container : Of(status, "containerStatuses")) {
    const Json& state = Of(container, "state");
    if (TextOf(container, "name") != report.component) continue;
    report.started = state.contains("running") || state.contains("terminated");
    if (Of(state, "terminated").contains("exitCode")) {
      report.exit_code = state["terminated"]["exitCode"].get<int>();
    }
    if (report.trouble.empty()) report.trouble = TroubleOf(state);
  }
  if (report.ended && !report.started && report.trouble.empty()) {
    report.trouble = absl::StrCat(TextOf(status, "reason"), " ", TextOf(status, "message"));
  }
  return report;
}

}  // namespace

absl::StatusOr<std::vector<PodReport>> ReadPodReports(const std::string& json) {
  const Json list = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!list.is_object() || !Of(list, "items").is_array()) {
    return absl::InternalError("kubectl get pods answered with something else than pods");
  }
  std::vector<PodReport> reports;
  try {
    for (const Json& pod : list["items"]) {
      if (!pod.is_object()) return absl::InternalError("kubectl get pods: a pod is no object");
      reports.push_back(Read(pod));
    }
  } catch (const Json::exception& error) {
    return absl::InternalError(absl::StrCat("kubectl get pods: ", error.what()));
  }
  return reports;
}

}  // namespace weir
