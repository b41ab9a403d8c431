// How the ChargeModel came to its charges, in words and sums: "create 1.21 KB, 14 terms: 4.95 +
// 0.45·1.21 + 0.45·14 = 11.79 → 11.81 RU (62 × 4/21)". Collects what is charged on its thread for
// as long as it lives; one at a time per thread. While there is none, nothing is formatted.
#pragma once

#include <string>
#include <string_view>

#include "backends/cosmos/emulator/charge.h"

namespace weir::cosmos {

// What became of an item that a query looked at.
enum class QueriedItem : uint8_t { kReturned, kSorted, kScanned };

class ChargeExplanation {
 public:
  ChargeExplanation();
  ~ChargeExplanation();
  ChargeExplanation(const ChargeExplanation&) = delete;
  ChargeExplanation& operator=(const ChargeExplanation&) = delete;

  // Of this thread; null when nobody asks.
  static ChargeExplanation* OfThread() { return of_thread_; }

  // The charges so far, "; " between them.
  const std::string& text() const { return text_; }
  // The same in ASCII, as the value of a header has to be; cut after a few thousand bytes.
  std::string HeaderText() const;

  // The model tells what it computed; `ru` is the sum before rounding.
  void Read(const ChargeCoefficients& c, double kb, bool strong, CentiRu charge);
  void Write(const ChargeCoefficients& c, std::string_view operation, double kb, int terms,
             double ru, CentiRu charge);
  void Replace(const ChargeCoefficients& c, double old_kb, double new_kb, int changed_terms,
               double ru, CentiRu charge);
  void AddItem(QueriedItem what, double ru);
  void Query(const ChargeCoefficients& c, const QueryCost& cost, bool strong, CentiRu charge);
  void FeedPage(std::string_view feed, double base, double items, const ChargeCoefficients& c,
                bool strong, CentiRu charge);
  void Flat(std::string_view what, CentiRu charge);

 private:
  struct Items {
    int count = 0;
    double ru = 0;
  };

  std::string ItemsText(double ru);  // forgets them
  void Append(std::string line);
  static std::string Rounded(const ChargeCoefficients& c, double ru, CentiRu charge);

  static inline constinit thread_local ChargeExplanation* of_thread_ = nullptr;

  std::string text_;
  Items items_[3];  // by QueriedItem, since the last query
};

}  // namespace weir::cosmos
