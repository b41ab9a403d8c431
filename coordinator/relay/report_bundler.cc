#include "coordinator/relay/report_bundler.h"

#include <algorithm>

namespace weir {
namespace {

// All of a report but its histograms.
void CopyCounts(const ReportView& report, v1::IntervalReport* copy) {
  copy->set_sequence(report.sequence());
  copy->set_step(report.step());
  v1::Interval* interval = copy->mutable_interval();
  const v1::Interval& rest = report.rest();
  interval->set_second(report.second());
  for (const ReportView::Part& part : report.parts()) {
    v1::OperationInterval* counts = interval->add_operations();
    counts->set_phase(part.phase);
    counts->set_operation(part.operation);
    counts->set_age(part.age);
    part.tally.counts.AddTo(counts->mutable_tally());
  }
  *interval->mutable_partitions() = rest.partitions();
  *interval->mutable_resources() = rest.resources();
  *interval->mutable_processes() = rest.processes();
  if (rest.has_ledger()) *interval->mutable_ledger() = rest.ledger();
}

}  // namespace

bool ReportBundler::Add(uint64_t stream, const ReportView& report, int64_t now_ns) {
  if (const auto waits = waiting_.find(stream); waits != waiting_.end()) Close(waits->second);
  const Key key{report.step(), report.second()};
  const auto [place, first] = open_.try_emplace(key);
  Bundle& bundle = place->second;
  if (!bundle.parts.AddHistograms(report.parts(), stock_).ok()) {
    if (first) open_.erase(place);
    return false;
  }
  v1::ReportBundle* merged = bundle.item.mutable_bundle();
  if (first) {
    bundle.opened_ns = now_ns;
    merged->set_step(report.step());
    merged->set_second(report.second());
  }
  v1::BundledReport* bundled = merged->add_reports();
  bundled->set_connection(stream);
  CopyCounts(report, bundled->mutable_report());
  bundle.bytes += bundled->ByteSizeLong();
  waiting_[stream] = key;
  if (bundle.bytes >= kMostBytes) Close(key);
  return true;
}

void ReportBundler::SendInOrder(uint64_t stream, v1::RelayedItem item) {
  const auto waits = waiting_.find(stream);
  if (waits == waiting_.end()) return up_(std::move(item));
  open_[waits->second].after.push_back(std::move(item));
}

void ReportBundler::Close(Key key) {
  Bundle bundle = std::move(open_[key]);
  open_.erase(key);
  v1::ReportBundle* merged = bundle.item.mutable_bundle();
  for (auto& [part_key, part] : bundle.parts.parts()) {
    v1::OperationInterval* sum = merged->add_histograms();
    sum->set_phase(part_key.phase);
    sum->set_operation(part_key.operation);
    sum->set_age(part_key.age);
    *sum->mutable_tally() = part.tally->ToProto();
    stock_.GiveBack(std::move(part.tally));
  }
  for (const v1::BundledReport& report : merged->reports()) waiting_.erase(report.connection());
  up_(std::move(bundle.item));
  for (v1::RelayedItem& item : bundle.after) up_(std::move(item));
}

void ReportBundler::CloseDue(size_t agents, int64_t now_ns) {
  std::vector<std::pair<int64_t, Key>> due;  // the oldest first
  for (auto& [key, bundle] : open_) {
    bundle.opened_ns = std::min(bundle.opened_ns, now_ns);  // our clock may jump
    const bool whole = static_cast<size_t>(bundle.item.bundle().reports_size()) >= agents;
    if (whole || now_ns - bundle.opened_ns >= kLongestWaitNs)
      due.push_back({bundle.opened_ns, key});
  }
  std::sort(due.begin(), due.end());
  for (const auto& [opened_ns, key] : due) Close(key);
}

}  // namespace weir
