#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "base/status.h"
#include "reports/output_file.h"
#include "reports/page_content.h"
#include "reports/page_shell.h"
#include "reports/report.h"

namespace weir {
namespace {

std::string HtmlText(const std::string& text) {
  return absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}});
}

}  // namespace

absl::StatusOr<std::string> HtmlReport(const ResultsStore& store, const v1::RunResult& run) {
  WEIR_ASSIGN_OR_RETURN(const std::string data, PageContent(store, run));
  return absl::StrCat(kPageBeforeTitle, HtmlText(run.campaign().name()), kPageBeforeData, data,
                      kPageAfterData);
}

absl::Status WriteHtmlReport(const ResultsStore& store, const v1::RunResult& run,
                             const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(const std::string text, HtmlReport(store, run));
  return WriteOutputFile(path, text);
}

}  // namespace weir
