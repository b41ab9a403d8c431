// The objects of one run on Kubernetes as YAML: those of k8s/base, which are built into the
// program, with the run's own names and values. There is no second copy of any field. Pure.
#pragma once

#include <string>

#include "coordinator/deploy/kubernetes_run.h"

namespace weir {

// Labels by which a run's objects are found again.
inline constexpr char kNameLabel[] = "app.kubernetes.io/name";
inline constexpr char kInstanceLabel[] = "app.kubernetes.io/instance";
inline constexpr char kComponentLabel[] = "app.kubernetes.io/component";

// ProblemsOf(run) must be empty. Holds private keys unless the run names its Secrets.
std::string RenderManifests(const KubernetesRun& run);

}  // namespace weir
