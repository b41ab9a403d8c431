#include "backends/cosmos/emulator/charge_explanation.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "base/check.h"

namespace weir::cosmos {
namespace {

constexpr size_t kMostHeaderBytes = 4000;
constexpr size_t kMostBytes = 64 << 10;  // a bulk request's operations; more would only be noise

std::string Ru(CentiRu charge) {
  return absl::StrFormat("%.2f RU", static_cast<double>(charge) / 100);
}

// "2·(…)" under Strong and BoundedStaleness.
std::string Doubled(const ChargeCoefficients& c, bool strong, std::string sum) {
  return strong ? absl::StrFormat("%g·(%s)", c.strong_factor, sum) : sum;
}

}  // namespace

ChargeExplanation::ChargeExplanation() {
  WEIR_CHECK(of_thread_ == nullptr);
  of_thread_ = this;
}

ChargeExplanation::~ChargeExplanation() { of_thread_ = nullptr; }

void ChargeExplanation::Append(std::string line) {
  if (text_.size() > kMostBytes) return;
  if (!text_.empty()) text_ += "; ";
  text_ += line;
}

std::string ChargeExplanation::HeaderText() const {
  std::string ascii = absl::StrReplaceAll(text_, {{"·", "*"}, {"→", "->"}, {"×", "x"}, {"−", "-"}});
  if (ascii.size() > kMostHeaderBytes) {
    ascii.resize(ascii.rfind(';', kMostHeaderBytes) == std::string::npos
                     ? kMostHeaderBytes
                     : ascii.rfind(';', kMostHeaderBytes));
    ascii += "; ...";
  }
  return ascii;
}

// "= 11.79 → 11.81 RU (62 × 4/21)".
std::string ChargeExplanation::Rounded(const ChargeCoefficients& c, double ru, CentiRu charge) {
  std::string text = absl::StrFormat("= %.2f → %s", ru, Ru(charge));
  if (c.quantum <= 0) return text;
  const bool usual = std::abs(c.quantum - 4.0 / 21.0) < 1e-9;
  absl::StrAppendFormat(&text, " (%.0f × %s)", std::round(ru / c.quantum),
                        usual ? "4/21" : absl::StrFormat("%g", c.quantum));
  return text;
}

void ChargeExplanation::Read(const ChargeCoefficients& c, double kb, bool strong, CentiRu charge) {
  const std::string sum =
      absl::StrFormat("max(%g, %g + %g·(%.2f − 1), %g·%.2f)", c.read_least, c.read_first_kb,
                      c.read_per_kb, kb, c.read_large_per_kb, kb);
  Append(absl::StrFormat("read %.2f KB: %s = %s", kb, Doubled(c, strong, sum), Ru(charge)));
}

void ChargeExplanation::Write(const ChargeCoefficients& c, std::string_view operation, double kb,
                              int terms, double ru, CentiRu charge) {
  Append(absl::StrFormat("%s %.2f KB, %d terms: %g + %g·%.2f + %g·%d %s", std::string(operation),
                         kb, terms, c.write_base, c.write_per_kb, kb, c.write_per_term, terms,
                         Rounded(c, ru, charge)));
}

void ChargeExplanation::Replace(const ChargeCoefficients& c, double old_kb, double new_kb,
                                int changed_terms, double ru, CentiRu charge) {
  Append(absl::StrFormat(
      "replace %.2f KB by %.2f KB, %d terms changed: %g·(%g + %g·(%.2f + %.2f)/2) + %g·%d %s",
      old_kb, new_kb, changed_terms, c.replace_factor, c.write_base, c.write_per_kb, old_kb, new_kb,
      c.replace_per_changed_term, changed_terms, Rounded(c, ru, charge)));
}

void ChargeExplanation::AddItem(QueriedItem what, double ru) {
  Items& items = items_[static_cast<int>(what)];
  ++items.count;
  items.ru += ru;
}

// " + 25 returned 0.95 + 3 scanned 0.11"; what `ru` holds beyond them stands without a name.
std::string ChargeExplanation::ItemsText(double ru) {
  constexpr const char* kNames[] = {"returned", "sorted", "scanned"};
  std::string text;
  for (int i = 0; i < 3; ++i) {
    if (items_[i].count == 0) continue;
    absl::StrAppendFormat(&text, " + %d %s %.3f", items_[i].count, kNames[i], items_[i].ru);
    ru -= items_[i].ru;
    items_[i] = {};
  }
  if (ru > 0.0005) absl::StrAppendFormat(&text, " + items %.3f", ru);
  return text;
}

void ChargeExplanation::Query(const ChargeCoefficients& c, const QueryCost& cost, bool strong,
                              CentiRu charge) {
  std::string page = absl::StrFormat("%g", c.query_base);
  if (cost.filter) absl::StrAppendFormat(&page, " + %g filter", c.query_filter);
  if (cost.predicates > 1) {
    absl::StrAppendFormat(&page, " + %g·%d predicates more", c.query_per_more_predicate,
                          cost.predicates - 1);
  }
  if (cost.order_by) absl::StrAppendFormat(&page, " + %g order", c.query_order_by);
  if (cost.partitions != 1) page = absl::StrFormat("%d·(%s)", cost.partitions, page);
  Append(absl::StrFormat("query: %s = %s", Doubled(c, strong, page + ItemsText(cost.documents)),
                         Ru(charge)));
}

void ChargeExplanation::FeedPage(std::string_view feed, double base, double items,
                                 const ChargeCoefficients& c, bool strong, CentiRu charge) {
  const std::string sum = absl::StrFormat("%g", base) + ItemsText(items);
  Append(absl::StrFormat("%s: %s = %s", std::string(feed), Doubled(c, strong, sum), Ru(charge)));
}

void ChargeExplanation::Flat(std::string_view what, CentiRu charge) {
  Append(absl::StrFormat("%s: %s", std::string(what), Ru(charge)));
}

}  // namespace weir::cosmos
