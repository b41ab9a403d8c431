#include "agent/recorder.h"

#include <utility>

#include "google/protobuf/stubs/common.h"

namespace weir {
namespace {

constexpr char kOtherDetails[] = "(other answers)";

}  // namespace

std::string AsUtf8(const std::string& text) {
  if (google::protobuf::internal::IsStructurallyValidUTF8(text.data(),
                                                          static_cast<int>(text.size())))
    return text;
  std::string ascii = text;
  for (char& byte : ascii) byte = static_cast<signed char>(byte) < 0 ? '?' : byte;
  return ascii;
}

void ErrorLog::Add(v1::Phase phase, uint32_t type, Verdict verdict, std::string_view detail) {
  auto& details = details_[{phase, type, verdict}];
  if (const auto known = details.find(detail); known != details.end()) {
    ++known->second;
  } else if (details.size() < kMostDistinct) {
    details.emplace(detail, 1);
  } else {
    ++details[kOtherDetails];
  }
}

void ErrorLog::Add(const ErrorLog& other) {
  for (const auto& [key, details] : other.details_) {
    auto& mine = details_[key];
    for (const auto& [detail, count] : details) {
      const bool keep = mine.contains(detail) || mine.size() < kMostDistinct;
      mine[keep ? detail : kOtherDetails] += count;
    }
  }
}

std::vector<v1::ErrorSample> ErrorLog::ToProto(const std::vector<std::string>& type_names) const {
  std::vector<v1::ErrorSample> samples;
  for (const auto& [key, details] : details_) {
    for (const auto& [detail, count] : details) {
      v1::ErrorSample& sample = samples.emplace_back();
      sample.set_phase(key.phase);
      sample.set_operation(type_names[key.type]);
      sample.set_verdict(std::string(VerdictName(key.verdict)));
      sample.set_detail(AsUtf8(detail));
      sample.set_count(count);
    }
  }
  return samples;
}

void Page::Provide(uint32_t age, size_t cell) {
  while (age >= ages_.size()) ages_.emplace_back(cells_);
  ages_[age][cell] = std::make_unique<Tally>();
}

void Page::CountPartition(const Outcome& outcome) {
  for (const PartitionPart& part : outcome.parts) CountPart(part);
  if (!outcome.parts.empty() || outcome.partition < 0) return;
  const bool throttled = outcome.verdict == Verdict::kThrottled;
  CountPart({outcome.partition, 1, throttled ? 1u : 0u, outcome.charge, outcome.server_time_ns,
             throttled ? outcome.charge : 0});
}

void Page::CountPart(const PartitionPart& part) {
  const auto number = static_cast<size_t>(part.partition);
  if (number >= partitions_.size()) partitions_.resize(number + 1);
  v1::PartitionUse& use = partitions_[number];
  use.set_attempts(use.attempts() + part.requests);
  use.set_throttled(use.throttled() + part.throttled);
  use.set_milli_ru(use.milli_ru() + static_cast<uint64_t>(part.charge));
  use.set_server_time_ns(use.server_time_ns() + static_cast<uint64_t>(part.server_time_ns));
  use.set_refused_milli_ru(use.refused_milli_ru() + static_cast<uint64_t>(part.refused_charge));
}

void Page::Add(const Page& other) {
  other.ForEach(
      [this](uint32_t age, size_t cell, const Tally& tally) { At(age, cell).Add(tally); });
  acknowledged.insert(acknowledged.end(), other.acknowledged.begin(), other.acknowledged.end());
  unknown.insert(unknown.end(), other.unknown.begin(), other.unknown.end());
  undelivered.insert(undelivered.end(), other.undelivered.begin(), other.undelivered.end());
  if (other.partitions_.size() > partitions_.size()) partitions_.resize(other.partitions_.size());
  for (size_t i = 0; i < other.partitions_.size(); ++i) {
    const v1::PartitionUse& from = other.partitions_[i];
    v1::PartitionUse& to = partitions_[i];
    to.set_attempts(to.attempts() + from.attempts());
    to.set_throttled(to.throttled() + from.throttled());
    to.set_milli_ru(to.milli_ru() + from.milli_ru());
    to.set_server_time_ns(to.server_time_ns() + from.server_time_ns());
    to.set_refused_milli_ru(to.refused_milli_ru() + from.refused_milli_ru());
  }
}

// What a stall made necessary is given back; most pages need the first two ages only.
void Page::Clear() {
  constexpr size_t kAgesKept = 2;
  if (ages_.size() > kAgesKept) ages_.resize(kAgesKept);
  for (Cells& cells : ages_) {
    for (const auto& tally : cells) {
      if (tally != nullptr) tally->Clear();
    }
  }
  for (v1::PartitionUse& use : partitions_) use.Clear();
  acknowledged.clear();
  unknown.clear();
  undelivered.clear();
}

PageCollector::PageCollector(TallyShape shape, uint32_t workers)
    : shape_(std::move(shape)), workers_left_(workers) {}

std::unique_ptr<Page> PageCollector::Turn(std::unique_ptr<Page> full, uint32_t second) {
  std::unique_ptr<Page> page;
  {
    std::lock_guard lock(mutex_);
    if (full != nullptr) {
      Second& slot = seconds_[full->second];
      ++slot.pages;
      slot.handed_in.push_back(std::move(full));
      changed_.notify_one();
    }
    if (!empty_.empty()) {
      page = std::move(empty_.back());
      empty_.pop_back();
    }
  }
  if (page == nullptr) page = std::make_unique<Page>(shape_.cells());
  page->second = second;
  return page;
}

void PageCollector::Finish(std::unique_ptr<Page> last) {
  std::lock_guard lock(mutex_);
  finished_after_.push_back(last->second);
  Second& slot = seconds_[last->second];
  ++slot.pages;
  slot.handed_in.push_back(std::move(last));
  --workers_left_;
  changed_.notify_one();
}

// Workers hand in every second in order, up to their last.
uint32_t PageCollector::Expected(uint32_t second) const {
  uint32_t expected = workers_left_;
  for (const uint32_t last : finished_after_) expected += last >= second ? 1 : 0;
  return expected;
}

bool PageCollector::Complete(uint32_t second) const {
  const auto slot = seconds_.find(second);
  return slot != seconds_.end() && slot->second.pages == Expected(second);
}

bool PageCollector::Ready() {
  std::lock_guard lock(mutex_);
  return Complete(next_second_) || workers_left_ == 0;
}

bool PageCollector::Next(Page* merged) {
  std::vector<std::unique_ptr<Page>> pages;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return Complete(next_second_) || workers_left_ == 0; });
    const auto slot = seconds_.find(next_second_);
    if (slot == seconds_.end()) return false;  // every worker has finished before this second
    pages = std::move(slot->second.handed_in);
    seconds_.erase(slot);
    merged->Clear();
    merged->second = next_second_++;
  }
  for (const auto& page : pages) {
    merged->Add(*page);
    page->Clear();
  }
  std::lock_guard lock(mutex_);
  for (auto& page : pages) empty_.push_back(std::move(page));
  return true;
}

}  // namespace weir
