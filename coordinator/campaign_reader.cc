#include "coordinator/campaign_reader.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_checks.h"
#include "coordinator/campaign_overrides.h"
#include "coordinator/campaign_walk.h"
#include "coordinator/yaml_tree.h"

namespace weir {
namespace {

std::string ParentPath(const std::string& path) {
  const size_t end = path.find_last_of(".[");
  return end == std::string::npos ? "" : path.substr(0, end);
}

bool HasKeys(const YamlNode& root, const std::string& file, std::vector<Problem>* problems) {
  if (root.kind == YamlNode::Kind::kMap) return true;
  if (problems->empty()) {
    problems->push_back({file, 1, 1,
                         root.kind == YamlNode::Kind::kNull
                             ? "the campaign is empty; see docs/campaign.md or campaigns/"
                             : "expected keys (name: …, dataset: …, targets: …, scenarios: …)"});
  }
  return false;
}

// At most one byte more than a campaign may have, so that a huge file is not read whole.
bool ReadText(const std::string& path, std::string* text) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  text->resize(kMaxYamlBytes + 1);
  file.read(text->data(), static_cast<std::streamsize>(text->size()));
  if (file.bad() || (file.fail() && !file.eof())) return false;
  text->resize(static_cast<size_t>(file.gcount()));
  return true;
}

}  // namespace

Place CampaignReading::Find(const std::string& path) const {
  std::string at = path;
  while (true) {
    const auto place = places.find(at);
    if (place != places.end()) return place->second;
    if (at.empty()) return {};
    at = ParentPath(at);
  }
}

void CampaignReading::AddProblem(const std::string& path, std::string message) {
  problems.push_back(ProblemAt(Find(path), std::move(message)));
  SortByPlace(&problems);
}

CampaignReading ReadCampaignText(const std::string& text, const std::string& file_name,
                                 const std::vector<std::string>& overrides) {
  CampaignReading reading;
  reading.text = text;
  YamlNode root = ParseYaml(text, file_name, &reading.problems);
  const Place top{file_name, 1, 1};
  reading.places[""] = top;
  // After a syntax error the tree is only a part, and what it lacks means nothing.
  if (!HasKeys(root, file_name, &reading.problems)) return reading;
  ApplyOverrides(overrides, *v1::Campaign::descriptor(), &root, &reading.problems);

  WalkFindings findings;
  FillMessage(root, top, &reading.campaign, &findings);
  reading.places = std::move(findings.places);
  reading.problems.insert(reading.problems.end(), findings.problems.begin(),
                          findings.problems.end());
  CheckCampaign(findings.broken, &reading);
  SortByPlace(&reading.problems);
  SortByPlace(&reading.warnings);
  return reading;
}

CampaignReading ReadCampaignFile(const std::string& path,
                                 const std::vector<std::string>& overrides) {
  std::string text;
  errno = 0;
  if (ReadText(path, &text)) return ReadCampaignText(text, path, overrides);
  CampaignReading reading;
  const char* why = errno == 0 ? "not a readable file" : std::strerror(errno);
  reading.problems.push_back({path, 0, 0, absl::StrCat("cannot read the campaign: ", why)});
  return reading;
}

}  // namespace weir
