#include "selftest/figures.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace weir {
namespace {

// Three digits more than the coarsest unit, as a difference of 1 % must show.
std::string TimeText(double ns) {
  if (ns >= 1e9) return absl::StrFormat("%.3f s", ns / 1e9);
  if (ns >= 1e6) return absl::StrFormat("%.3f ms", ns / 1e6);
  return absl::StrFormat("%.1f us", ns / 1e3);
}

}  // namespace

void Figures::Of(absl::string_view what) {
  absl::StrAppend(&text_, text_.empty() ? "" : "; ", what, ": ");
  begins_ = true;
}

void Figures::Near(absl::string_view name, double ns, double expected_ns, double tolerance) {
  Hold(absl::StrCat(name, " ", TimeText(ns), " of ", TimeText(expected_ns)),
       std::abs(ns - expected_ns) <= tolerance * expected_ns);
}

void Figures::Hold(absl::string_view statement, bool holds) {
  passed_ &= holds;
  Say(holds ? std::string(statement) : absl::StrCat("NOT ", statement));
}

void Figures::Say(absl::string_view statement) {
  absl::StrAppend(&text_, begins_ ? "" : ", ", statement);
  begins_ = false;
}

SelfTestResult Figures::Result() const {
  return {passed_ ? SelfTestResult::State::kPass : SelfTestResult::State::kFail, text_};
}

SelfTestResult Skip(absl::string_view reason) {
  return {SelfTestResult::State::kSkip, std::string(reason)};
}

SelfTestResult Fail(absl::string_view reason) {
  return {SelfTestResult::State::kFail, std::string(reason)};
}

}  // namespace weir
