#include "coordinator/price_book.h"

#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/check.h"
#include "coordinator/suggestion.h"
#include "coordinator/yaml_file.h"

namespace weir {
namespace {

constexpr char kOwnBook[] = "campaigns/prices/azure.yaml";

// A price without a date of its own was looked up when the book was.
void FillDates(const std::string& date, google::protobuf::Message* message) {
  if (auto* price = dynamic_cast<v1::Price*>(message)) {
    if (price->date().empty()) price->set_date(date);
    return;
  }
  const auto& reflection = *message->GetReflection();
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(*message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      FillDates(date, reflection.MutableMessage(message, field));
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(*message, field); ++i) {
      FillDates(date, reflection.MutableRepeatedMessage(message, field, i));
    }
  }
}

PriceBookReading Completed(PriceBookReading reading) {
  FillDates(reading.book.date(), &reading.book);
  return reading;
}

PriceBookReading Chosen(const v1::Campaign& campaign, const std::string& campaign_path,
                        const PriceChoice& choice) {
  if (!choice.prices.empty()) return ReadPriceBookFile(choice.prices);
  if (campaign.cost().prices().empty()) return {DefaultPriceBook(), {}};
  const std::filesystem::path folder = std::filesystem::path(campaign_path).parent_path();
  return ReadPriceBookFile(folder / campaign.cost().prices());
}

}  // namespace

PriceBookReading ReadPriceBookText(const std::string& text, const std::string& file_name) {
  PriceBookReading reading;
  reading.problems = ReadYamlText(text, file_name, &reading.book);
  return Completed(std::move(reading));
}

PriceBookReading ReadPriceBookFile(const std::string& path) {
  PriceBookReading reading;
  reading.problems = ReadYamlFile(path, "the price book", &reading.book);
  return Completed(std::move(reading));
}

const v1::PriceBook& DefaultPriceBook() {
  static const auto* const book = [] {
    PriceBookReading reading = ReadPriceBookText(DefaultPriceBookText(), kOwnBook);
    WEIR_CHECK(reading.problems.empty());
    return new v1::PriceBook(std::move(reading.book));
  }();
  return *book;
}

ChosenPrices ChoosePrices(const v1::Campaign& campaign, const std::string& campaign_path,
                          const PriceChoice& choice) {
  PriceBookReading reading = Chosen(campaign, campaign_path, choice);
  ChosenPrices chosen{std::move(reading.book), "", std::move(reading.problems)};
  if (!chosen.problems.empty()) return chosen;
  const std::string& wanted = choice.region.empty() ? campaign.cost().region() : choice.region;
  std::vector<std::string> names;
  for (const v1::RegionPrices& region : chosen.book.regions()) names.push_back(region.name());
  chosen.region = wanted.empty() ? names.front() : wanted;
  if (std::find(names.begin(), names.end(), chosen.region) != names.end()) return chosen;
  chosen.problems.push_back(
      {choice.region.empty() ? campaign_path : "--region", 0, 0,
       absl::StrCat("the price book '", chosen.book.name(), "' has no region called ",
                    InQuotes(chosen.region), Suggestion(chosen.region, names))});
  return chosen;
}

}  // namespace weir
