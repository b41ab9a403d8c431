// The files of recorded arrivals that a campaign replays.
#pragma once

#include "coordinator/campaign_reader.h"

namespace weir {

// Reads each such file. Fills in its digest where the campaign gives none, so that no agent can
// replay another file of the same name; adds a problem where the file cannot be read, is not what
// it should be or has another digest, and a warning where it is longer than what is run.
void CheckReplayFiles(CampaignReading* reading);

}  // namespace weir
