// Price books: YAML by the schema of proto/prices.proto, read as a campaign is. Weir has one of its
// own, from campaigns/prices/azure.yaml, so that it needs no file. Pure but for the file itself.
#pragma once

#include <string>
#include <vector>

#include "coordinator/problem.h"
#include "proto/campaign.pb.h"
#include "proto/prices.pb.h"

namespace weir {

struct PriceBookReading {
  v1::PriceBook book;  // defaults and dates filled in; meaningful when problems is empty
  std::vector<Problem> problems;
};

PriceBookReading ReadPriceBookFile(const std::string& path);
PriceBookReading ReadPriceBookText(const std::string& text, const std::string& file_name);

// Weir's own book as it is in the project, comments included.
const char* DefaultPriceBookText();
const v1::PriceBook& DefaultPriceBook();

// Which prices a run is to be reckoned by: those that the command line names, else those of the
// campaign, else Weir's own. The campaign's book is relative to the folder of its file.
struct PriceChoice {
  std::string prices;  // --prices; empty: not given
  std::string region;  // --region
};
struct ChosenPrices {
  v1::PriceBook book;
  std::string region;  // one of the book's
  std::vector<Problem> problems;
};
ChosenPrices ChoosePrices(const v1::Campaign& campaign, const std::string& campaign_path,
                          const PriceChoice& choice);

}  // namespace weir
