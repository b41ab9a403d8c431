#include "coordinator/yaml_file.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_walk.h"
#include "coordinator/yaml_tree.h"

namespace weir {

std::vector<Problem> ReadYamlText(const std::string& text, const std::string& file_name,
                                  google::protobuf::Message* message) {
  std::vector<Problem> problems;
  const YamlNode root = ParseYaml(text, file_name, &problems);
  if (!problems.empty()) return problems;
  WalkFindings findings;
  FillMessage(root, {file_name, 1, 1}, message, &findings);
  SortByPlace(&findings.problems);
  return std::move(findings.problems);
}

std::vector<Problem> ReadYamlFile(const std::string& path, const std::string& what,
                                  google::protobuf::Message* message) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  // At most one byte more than is allowed, so that a huge file is not read whole.
  std::string text(kMaxYamlBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad() || (file.gcount() == 0 && errno != 0)) {
    const char* why = errno == 0 ? "not a readable file" : std::strerror(errno);
    return {{path, 0, 0, absl::StrCat("cannot read ", what, ": ", why)}};
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return ReadYamlText(text, path, message);
}

}  // namespace weir
