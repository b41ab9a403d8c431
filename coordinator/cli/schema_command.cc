#include "coordinator/cli/schema_command.h"

#include <cstdio>

#include "coordinator/campaign_reference.h"
#include "coordinator/json_schema.h"
#include "reports/report_schema.h"

namespace weir {

ExitCode SchemaCommand(const std::string& subject, const std::string& format) {
  const bool report = subject == "report";
  if (report && format == "markdown") {
    std::fputs("weir schema: report.json has no reference in Markdown; leave out --format\n",
               stderr);
    return kExitUsage;
  }
  const std::string text = report                 ? ReportJsonSchema()
                           : format == "markdown" ? CampaignReference()
                                                  : CampaignJsonSchema();
  const bool written = std::fwrite(text.data(), 1, text.size(), stdout) == text.size();
  return written && std::fflush(stdout) == 0 ? kExitValid : kExitFailure;
}

}  // namespace weir
