#include "coordinator/live/live_feed.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

namespace weir {

LiveFeed::Event LiveFeed::MakeEvent(const std::string& name, const std::string& json) {
  const uint64_t id = ++newest_;
  return {id, std::make_shared<const std::string>(
                  absl::StrCat("id: ", id, "\nevent: ", name, "\ndata: ", json, "\n\n"))};
}

void LiveFeed::Tell() const {
  if (listener_) listener_();
}

void LiveFeed::OnNews(std::function<void()> listener) { listener_ = std::move(listener); }

void LiveFeed::Replace(const std::string& name, const std::string& json) {
  {
    std::lock_guard lock(mutex_);
    states_.insert_or_assign(name, MakeEvent(name, json));
  }
  Tell();
}

void LiveFeed::Append(const std::string& name, const std::string& json) {
  {
    std::lock_guard lock(mutex_);
    series_.push_back(MakeEvent(name, json));
    series_bytes_ += series_.back().text->size();
    while (series_.size() > most_kept_ ||
           (series_bytes_ > most_kept_bytes_ && series_.size() > 1)) {
      series_bytes_ -= series_.front().text->size();
      series_.pop_front();
    }
  }
  Tell();
}

void LiveFeed::Publish(const std::string& name, std::string text) {
  auto document = std::make_shared<const std::string>(std::move(text));
  std::lock_guard lock(mutex_);
  documents_[name].swap(document);
}

bool LiveFeed::HasNewsSince(uint64_t after) const {
  std::lock_guard lock(mutex_);
  return after > newest_ || after < newest_;
}

std::string LiveFeed::NewsSince(uint64_t* after, size_t most_bytes) const {
  std::vector<Event> news;
  {
    std::lock_guard lock(mutex_);
    // From another run, or invented.
    if (*after > newest_) *after = 0;
    const auto first = std::partition_point(series_.begin(), series_.end(),
                                            [&](const Event& e) { return e.id <= *after; });
    size_t bytes = 0;
    for (auto event = first; event != series_.end() && bytes < most_bytes; ++event) {
      bytes += event->text->size();
      news.push_back(*event);
    }
    const uint64_t end = news.empty() || bytes < most_bytes ? newest_ : news.back().id;
    for (const auto& [name, state] : states_) {
      if (state.id > *after && state.id <= end) news.push_back(state);
    }
    *after = end;
  }
  std::sort(news.begin(), news.end(), [](const Event& a, const Event& b) { return a.id < b.id; });
  std::string text;
  for (const Event& event : news) text += *event.text;
  return text;
}

std::shared_ptr<const std::string> LiveFeed::Document(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto found = documents_.find(name);
  return found == documents_.end() ? nullptr : found->second;
}

}  // namespace weir
