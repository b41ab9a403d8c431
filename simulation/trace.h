// What happened in a simulated world, as one hash: equal seeds must give equal hashes, or a failure
// could not be replayed. Prints the events as well when asked to. One thread.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/strings/string_view.h"

#include "base/random.h"

namespace weir {

class Trace {
 public:
  explicit Trace(bool verbose) : verbose_(verbose) {}

  // `words` is called only when somebody reads them.
  void Note(int64_t now_ns, absl::string_view what, uint64_t who, uint64_t detail,
            absl::FunctionRef<std::string()> words) {
    Mix(static_cast<uint64_t>(now_ns));
    for (const char c : what) Mix(static_cast<uint8_t>(c));
    Mix(who);
    Mix(detail);
    if (!verbose_) return;
    std::printf("%14.6f  %-12.*s %s\n", static_cast<double>(now_ns) * 1e-9,
                static_cast<int>(what.size()), what.data(), words().c_str());
  }

  uint64_t hash() const { return hash_; }
  bool verbose() const { return verbose_; }

 private:
  void Mix(uint64_t value) { hash_ = Mix64(hash_ ^ value) + 0x9e3779b97f4a7c15ULL; }

  const bool verbose_;
  uint64_t hash_ = 0;
};

inline uint64_t HashOf(absl::string_view bytes) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : bytes) hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3ULL;
  return hash;
}

}  // namespace weir
