// Reads a campaign file: YAML by the schema of campaign.proto. Every problem is found at once, with
// its file, line and column.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "coordinator/problem.h"
#include "proto/campaign.pb.h"

namespace weir {

struct CampaignReading {
  v1::Campaign campaign;  // effective: defaults filled in; meaningful when problems is empty
  std::string text;       // the file as it was read
  std::vector<Problem> problems;  // in order of their places
  std::vector<Problem> warnings;  // nothing that stops a run, but probably not meant
  // Where each given value stands: "scenarios[0].operations[2].query". Use Find.
  std::map<std::string, Place> places;

  // The place of a value, or of the nearest thing around it that is in the file.
  Place Find(const std::string& path) const;
  void AddProblem(const std::string& path, std::string message);  // keeps the order
};

// `overrides`: "targets.postgres.postgres.port=5433", list items by name or by index.
CampaignReading ReadCampaignFile(const std::string& path,
                                 const std::vector<std::string>& overrides);
CampaignReading ReadCampaignText(const std::string& text, const std::string& file_name,
                                 const std::vector<std::string>& overrides);

// Both include the checks that need more than one field (campaign_checks.h). The names that only
// generators and reports know (queries, metrics, fields) are checked by cli/campaign_names.h.
}  // namespace weir
