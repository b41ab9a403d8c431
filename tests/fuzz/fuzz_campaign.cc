// Any text as a campaign file is read or refused, with problems that stand within the file.
#include "base/check.h"
#include "coordinator/campaign_reader.h"
#include "tests/coordinator/campaign_text.h"
#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  const weir::CampaignReading reading = weir::ReadCampaignText(text, "fuzz.yaml", {});
  WEIR_CHECK(!reading.problems.empty() || reading.campaign.scenarios_size() > 0);
  return 0;
}

namespace weir {

std::vector<std::string> FuzzSeeds() {
  return {kRichCampaign, WithScenario("    shape: {open: {rate: 5/s, sessions: 2}}\n")};
}

}  // namespace weir
