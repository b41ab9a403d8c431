#include "backends/cosmos/emulator/resource_path.h"

#include <utility>

#include "absl/strings/ascii.h"

#include "backends/cosmos/wire/signature.h"

namespace weir::cosmos::emulator {

bool SplitPath(std::string_view path, ResourcePath* parts) {
  size_t count = 0;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view part = path.substr(0, slash);
    path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    if (part.empty()) continue;
    if (count == parts->size()) parts->emplace_back();
    std::string& decoded = (*parts)[count++];
    if (part.find('%') == std::string_view::npos) {
      decoded.assign(part);
    } else if (auto text = PercentDecode(part)) {
      decoded = *std::move(text);
    } else {
      return false;
    }
  }
  parts->resize(count);
  return true;
}

bool IsKeyDeletion(const ResourcePath& path) {
  return path.size() == 6 && path[4] == "operations" && path[5] == "partitionkeydelete";
}

void SignedResource::Find(const ResourcePath& path) {
  type.clear();
  link.clear();
  const bool is_operation = IsKeyDeletion(path);
  const size_t named = is_operation ? 4 : path.size() / 2 * 2;  // whole pairs of type and id
  for (size_t i = 0; i < named; ++i) {
    if (i > 0) link += '/';
    link += path[i];
  }
  if (!path.empty()) type = path.size() % 2 == 1 ? path.back() : path[path.size() - 2];
  if (is_operation) type = "partitionkey";
  if (path.size() == 2 && path[0] == "offers") {
    link = path[1];
    for (char& c : link) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
}

std::string RidLinkOf(const ResourcePath& path) {
  return path.size() < 2 ? "" : absl::AsciiStrToLower(path[path.size() / 2 * 2 - 1]);
}

}  // namespace weir::cosmos::emulator
