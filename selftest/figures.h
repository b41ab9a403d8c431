// Collects what a self-test saw beside what it should have seen, and judges. One thread.
#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "selftest/self_test.h"

namespace weir {

class Figures {
 public:
  // What the next figures are of: "rho 0.5".
  void Of(absl::string_view what);

  // "p99 4.51 s of 4.50 s"; fails when they differ by more than `tolerance` of what is expected.
  void Near(absl::string_view name, double ns, double expected_ns, double tolerance);

  // A statement that must hold.
  void Hold(absl::string_view statement, bool holds);

  // A statement without judgement.
  void Say(absl::string_view statement);

  SelfTestResult Result() const;

 private:
  std::string text_;
  bool begins_ = true;  // no figure yet of what Of has named
  bool passed_ = true;
};

SelfTestResult Skip(absl::string_view reason);
SelfTestResult Fail(absl::string_view reason);

}  // namespace weir
