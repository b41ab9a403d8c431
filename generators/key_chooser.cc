#include "generators/key_chooser.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

#include "generators/permutation.h"
#include "generators/zipf.h"

namespace weir {
namespace {

// Spreads ranks of popularity over the records, so that hot ones do not lie side by side.
class Scatter {
 public:
  Scatter(uint64_t seed, uint64_t loaded) : shuffle_(DeriveKey(seed, "hot keys"), loaded) {}

  // A bijection from ranks 0 … |keys|−1 to keys, for ranges that begin within the first 9/10 of
  // what was loaded; past that (nearly all deleted) some ranks may share a record.
  uint64_t KeyOf(uint64_t rank, KeyRange keys) const {
    const uint64_t loaded = std::min(shuffle_.size(), keys.end);
    const uint64_t left = loaded > keys.first ? loaded - keys.first : 0;
    if (rank >= left) return keys.first + rank;
    // From the end of the loaded records, because deletes take from the front: walking the cycle
    // until it comes back into the range keeps nearly every rank's record as the range shrinks.
    uint64_t key = loaded - 1 - rank;
    for (int step = 0; step < kLongestWalk; ++step) {
      key = shuffle_(key);
      if (key >= keys.first && key < loaded) return key;
    }
    return loaded - 1 - rank;
  }

 private:
  static constexpr int kLongestWalk = 64;
  Permutation shuffle_;
};

class UniformKeys : public KeyChooser {
 public:
  uint64_t Choose(KeyRange keys, DrawStream& draws) const override {
    return keys.first + draws.Below(keys.end - keys.first);
  }
  std::string name() const override { return "uniform"; }
};

class ZipfKeys : public KeyChooser {
 public:
  ZipfKeys(double theta, uint64_t loaded, uint64_t seed) : law_(theta), scatter_(seed, loaded) {}
  uint64_t Choose(KeyRange keys, DrawStream& draws) const override {
    return scatter_.KeyOf(law_.Choose(law_.Over(keys.end - keys.first), draws), keys);
  }
  std::string name() const override { return absl::StrCat("zipf θ=", law_.theta()); }

 private:
  ZipfLaw law_;
  Scatter scatter_;
};

class LatestKeys : public KeyChooser {
 public:
  explicit LatestKeys(double theta) : law_(theta) {}
  uint64_t Choose(KeyRange keys, DrawStream& draws) const override {
    return keys.end - 1 - law_.Choose(law_.Over(keys.end - keys.first), draws);
  }
  std::string name() const override { return absl::StrCat("latest θ=", law_.theta()); }

 private:
  ZipfLaw law_;
};

class HotspotKeys : public KeyChooser {
 public:
  HotspotKeys(double records, double operations, uint64_t loaded, uint64_t seed)
      : records_(records), operations_(operations), scatter_(seed, loaded) {}
  uint64_t Choose(KeyRange keys, DrawStream& draws) const override {
    const uint64_t size = keys.end - keys.first;
    const uint64_t hot =
        std::clamp<uint64_t>(static_cast<uint64_t>(records_ * static_cast<double>(size)), 1, size);
    const bool goes_hot = draws.Unit() < operations_ || hot == size;
    const uint64_t rank = goes_hot ? draws.Below(hot) : hot + draws.Below(size - hot);
    return scatter_.KeyOf(rank, keys);
  }
  std::string name() const override {
    return absl::StrCat("hotspot ", operations_ * 100, "% on ", records_ * 100, "%");
  }

 private:
  double records_;
  double operations_;
  Scatter scatter_;
};

absl::Status CheckShare(absl::string_view setting, double value) {
  if (value >= 0 && value <= 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("keys: ", setting, " is a share from 0 to 1, not ", value));
}

absl::Status Check(const v1::KeyDistribution& settings) {
  if (!(settings.theta() >= 0 && settings.theta() <= 5)) {
    return absl::InvalidArgumentError(
        absl::StrCat("keys: theta must be between 0 and 5, not ", settings.theta()));
  }
  if (absl::Status share = CheckShare("hot_records", settings.hot_records()); !share.ok()) {
    return share;
  }
  return CheckShare("hot_operations", settings.hot_operations());
}

}  // namespace

absl::StatusOr<std::unique_ptr<KeyChooser>> MakeKeyChooser(const v1::KeyDistribution& settings,
                                                           uint64_t loaded, uint64_t seed) {
  if (absl::Status checked = Check(settings); !checked.ok()) return checked;
  switch (settings.law()) {
    case v1::KEY_LAW_UNIFORM:
      return std::make_unique<UniformKeys>();
    case v1::KEY_LAW_ZIPF:
      return std::make_unique<ZipfKeys>(settings.theta(), loaded, seed);
    case v1::KEY_LAW_LATEST:
      return std::make_unique<LatestKeys>(settings.theta());
    case v1::KEY_LAW_HOTSPOT:
      return std::make_unique<HotspotKeys>(settings.hot_records(), settings.hot_operations(),
                                           loaded, seed);
    default:
      return absl::InvalidArgumentError("keys: unknown law");
  }
}

}  // namespace weir
