// The path of a request by segments, and what it is signed with.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::cosmos::emulator {

using ResourcePath = std::vector<std::string>;  // decoded: {"dbs", "D", "colls", "C"}

// Its strings are reused. False when an escape is malformed.
bool SplitPath(std::string_view path, ResourcePath* parts);

// dbs/D/colls/C/operations/partitionkeydelete
bool IsKeyDeletion(const ResourcePath& path);

// The resource type and link that a request to this path is signed with.
struct SignedResource {
  std::string type;
  std::string link;

  void Find(const ResourcePath& path);
};

// Who addresses by rids, as the Java SDK does for ranges, signs the last rid alone, in lower case.
std::string RidLinkOf(const ResourcePath& path);

}  // namespace weir::cosmos::emulator
