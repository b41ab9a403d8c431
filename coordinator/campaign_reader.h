// Reads a campaign file: YAML by the schema of campaign.proto. Every problem is found at once, with
// its file, line and column.
#pragma once

#include <string>
#include <vector>

#include "proto/campaign.pb.h"

namespace weir {

struct Problem {
  std::string file;
  int line = 0;  // from 1; 0 when the problem has no place (a --set, say)
  int column = 0;
  std::string message;  // what is wrong, and what to do
};

// "quickstart.yaml:12:7: unknown key 'reccords'; did you mean 'records'?"
std::string ToString(const Problem& problem);

struct CampaignReading {
  v1::Campaign campaign;  // effective: defaults filled in; meaningful when problems is empty
  std::string text;       // the file as it was read
  std::vector<Problem> problems;
};

// `overrides`: "targets.postgres.postgres.port=5433", list items by name or by index.
CampaignReading ReadCampaignFile(const std::string& path, const std::vector<std::string>& overrides);
CampaignReading ReadCampaignText(const std::string& text, const std::string& file_name,
                                 const std::vector<std::string>& overrides);

// Checks that need more than one field: references between parts, contradictions. Called by the two
// above; the names that only generators know (queries) are checked by the caller.
}  // namespace weir
