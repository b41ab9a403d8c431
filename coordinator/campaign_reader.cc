#include "coordinator/campaign_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

#include "coordinator/campaign_checks.h"
#include "coordinator/campaign_overrides.h"
#include "coordinator/campaign_variants.h"
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

// What is wrong with a target is wrong with its variants.
void DropRepeated(std::vector<Problem>* problems) {
  const auto same = [](const Problem& a, const Problem& b) { return ToString(a) == ToString(b); };
  problems->erase(std::unique(problems->begin(), problems->end(), same), problems->end());
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
  ExpandVariants(&root, &reading.problems);

  WalkFindings findings;
  FillMessage(root, top, &reading.campaign, &findings);
  // Each has become a target of its own.
  for (v1::Target& target : *reading.campaign.mutable_targets()) target.clear_variants();
  reading.places = std::move(findings.places);
  reading.problems.insert(reading.problems.end(), findings.problems.begin(),
                          findings.problems.end());
  CheckCampaign(findings.broken, &reading);
  SortByPlace(&reading.problems);
  DropRepeated(&reading.problems);
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
