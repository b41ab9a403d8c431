// The manifests of k8s/base, and k8s/bacalhau's template, as they were when the program was built.
#pragma once

#include <array>

namespace weir {

struct BaseManifest {
  const char* file;
  const char* text;  // YAML documents, separated by ---
};

extern const std::array<BaseManifest, 4> kBaseManifests;
extern const char* const kBacalhauTemplate;

}  // namespace weir
