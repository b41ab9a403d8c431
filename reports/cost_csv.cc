#include <initializer_list>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "reports/csv_cell.h"
#include "reports/output_file.h"
#include "reports/report.h"

namespace weir {
namespace {

constexpr char kHead[] =
    "scenario,target,round,basis,paid_as,as_run,provisioned_ru_per_s,rate_per_s,offered_per_s,"
    "ru_per_operation,consumed_ru_per_s,demand_ru_per_s,required_ru_per_s,storage_bytes,"
    "storage_basis,currency,throughput_money_per_hour,storage_money_per_hour,"
    "other_money_per_hour,money_per_hour,money_per_month,money_per_million_operations,"
    "not_compared_because,caution,prices\r\n";

std::string Number(double value) { return absl::StrFormat("%.10g", value); }

std::string LineText(const v1::RunResult& run, const v1::LegCost& cost, const v1::CostLine& line) {
  const v1::Leg& leg = run.legs(static_cast<int>(cost.leg()));
  return absl::StrJoin(std::initializer_list<std::string>{CsvCell(leg.scenario()),
                                                          CsvCell(leg.target()),
                                                          absl::StrCat(leg.round()),
                                                          CsvCell(cost.basis()),
                                                          CsvCell(line.billing()),
                                                          line.as_run() ? "yes" : "no",
                                                          absl::StrCat(line.provisioned_ru()),
                                                          Number(cost.rate_per_s()),
                                                          Number(cost.offered_per_s()),
                                                          Number(cost.ru_per_operation()),
                                                          Number(cost.ru_per_s()),
                                                          Number(cost.demand_ru_per_s()),
                                                          absl::StrCat(cost.required_ru_per_s()),
                                                          absl::StrCat(cost.storage_bytes()),
                                                          CsvCell(cost.storage_basis()),
                                                          CsvCell(run.cost().currency()),
                                                          Number(line.throughput_per_hour()),
                                                          Number(line.storage_per_hour()),
                                                          Number(line.other_per_hour()),
                                                          Number(line.per_hour()),
                                                          Number(line.per_month()),
                                                          Number(line.per_million()),
                                                          CsvCell(cost.caution()),
                                                          CsvCell(line.caution()),
                                                          CsvCell(run.cost().book())},
                       ",") +
         "\r\n";
}

}  // namespace

absl::Status WriteCostCsv(const v1::RunResult& run, const std::string& path) {
  std::string text = kHead;
  for (const v1::LegCost& cost : run.cost().legs()) {
    for (const v1::CostLine& line : cost.lines()) text += LineText(run, cost, line);
  }
  return WriteOutputFile(path, text);
}

}  // namespace weir
