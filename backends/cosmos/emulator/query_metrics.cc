#include "backends/cosmos/emulator/query_metrics.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "backends/cosmos/emulator/json_text.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {
namespace {

double Ms(int64_t ns) { return static_cast<double>(ns) / kNsPerMs; }

std::string PathText(const PropertyPath& path) {
  std::string text;
  for (const std::string& name : path) absl::StrAppend(&text, "/", name);
  return text;
}

std::string PercentEncoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~') {
      out.push_back(c);
    } else {
      absl::StrAppendFormat(&out, "%%%02X", byte);
    }
  }
  return out;
}

// The paths of the item that an expression reads.
void AddPaths(const sql::Expression& e, std::set<std::string>* paths) {
  const auto path = sql::PathOf(e);
  if (path) {
    if (!path->empty()) paths->insert(PathText(*path) + "/?");
    return;
  }
  for (const auto& child : e.children) AddPaths(*child, paths);
}

std::string SingleIndexes(const std::set<std::string>& paths) {
  std::string json = "[";
  for (const std::string& path : paths) {
    absl::StrAppend(&json, json.size() > 1 ? "," : "", R"({"IndexSpec":)", JsonString(path), "}");
  }
  return json + "]";
}

std::string CompositeSpecs(const std::vector<sql::OrderItem>& order) {
  std::string json = R"([{"IndexSpecs":[)";
  for (size_t i = 0; i < order.size(); ++i) {
    const auto path = sql::PathOf(*order[i].expression);
    absl::StrAppend(&json, i > 0 ? "," : "",
                    JsonString(PathText(*path) + (order[i].descending ? " DESC" : " ASC")));
  }
  return json + "]}]";
}

}  // namespace

std::string QueryMetricsText(const QueryPage& page, const QueryTimes& times) {
  const double ratio = page.retrieved == 0
                           ? 1.0
                           : static_cast<double>(page.count) / static_cast<double>(page.retrieved);
  return absl::StrFormat(
      "totalExecutionTimeInMs=%.4f;queryCompileTimeInMs=%.4f;queryLogicalPlanBuildTimeInMs=0.0000;"
      "queryPhysicalPlanBuildTimeInMs=0.0000;queryOptimizationTimeInMs=0.0000;"
      "VMExecutionTimeInMs=%.4f;indexLookupTimeInMs=0.0000;documentLoadTimeInMs=%.4f;"
      "systemFunctionExecuteTimeInMs=0.0000;userFunctionExecuteTimeInMs=0.0000;"
      "retrievedDocumentCount=%d;retrievedDocumentSize=%d;outputDocumentCount=%d;"
      "outputDocumentSize=%d;writeOutputTimeInMs=0.0000;indexUtilizationRatio=%.4f",
      Ms(times.compile_ns + times.execute_ns), Ms(times.compile_ns), Ms(times.execute_ns),
      Ms(page.load_ns), page.retrieved, std::llround(page.retrieved_kb * 1000), page.count,
      page.rows.size(), std::min(1.0, ratio));
}

std::string IndexUtilization(const PreparedQuery& prepared, const IndexingPolicy& policy) {
  std::set<std::string> used;
  std::set<std::string> possible;
  for (const sql::Expression* part : prepared.served) AddPaths(*part, &used);
  const auto covers_all = [](const PropertyPath&) { return true; };
  for (const sql::Expression* part : prepared.others) {
    if (sql::IsServedByIndex(*part, covers_all)) AddPaths(*part, &possible);
  }
  const auto& order = prepared.query.order_by;
  std::string composite = "[]";
  if (prepared.order_by_composite) {
    composite = CompositeSpecs(order);
  } else if (order.size() == 1 && policy.Covers(*sql::PathOf(*order[0].expression))) {
    AddPaths(*order[0].expression, &used);
  }
  for (const std::string& path : used) possible.erase(path);
  return PercentEncoded(absl::StrCat(R"({"UtilizedIndexes":{"SingleIndexes":)", SingleIndexes(used),
                                     R"(,"CompositeIndexes":)", composite,
                                     R"(},"PotentialIndexes":{"SingleIndexes":)",
                                     SingleIndexes(possible), R"(,"CompositeIndexes":[]}})"));
}

}  // namespace weir::cosmos::emulator
