// Hands what happens from the run's thread to those that show it. Any thread; the writer holds a
// mutex only to link in a text, and never waits for a reader. Memory is bounded: of what is kept as
// a series the oldest goes first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace weir {

class LiveFeed {
 public:
  // Two hours of seconds, and what is said meanwhile.
  static constexpr size_t kMostKept = 8'000;

  static constexpr size_t kMostKeptBytes = 64 << 20;

  explicit LiveFeed(size_t most_kept = kMostKept, size_t most_kept_bytes = kMostKeptBytes)
      : most_kept_(most_kept), most_kept_bytes_(most_kept_bytes) {}

  // The state of something, which replaces what was said of it before. `json` is one line.
  void Replace(const std::string& name, const std::string& json);
  // The next of a series.
  void Append(const std::string& name, const std::string& json);
  // A document to be fetched whole, in place of the one before.
  void Publish(const std::string& name, std::string text);

  // Called after every change, on the writer's thread; it must not block. Set it before the first
  // change, and take it back (nullptr) before what it uses is gone.
  void OnNews(std::function<void()> listener);

  // Everything after event `*after` that still matters, in order, as text/event-stream; advances
  // `*after`. Empty when there is nothing. At most about `most_bytes`, so that one reader that
  // comes late does not take all memory; ask again. An event that is not known is taken for none.
  std::string NewsSince(uint64_t* after, size_t most_bytes) const;
  bool HasNewsSince(uint64_t after) const;

  // Null where nothing was published under that name.
  std::shared_ptr<const std::string> Document(const std::string& name) const;

 private:
  struct Event {
    uint64_t id;
    std::shared_ptr<const std::string> text;  // as it goes out
  };

  Event MakeEvent(const std::string& name, const std::string& json);
  void Tell() const;

  const size_t most_kept_;
  const size_t most_kept_bytes_;
  mutable std::mutex mutex_;
  uint64_t newest_ = 0;
  std::map<std::string, Event> states_;
  std::deque<Event> series_;
  size_t series_bytes_ = 0;
  std::map<std::string, std::shared_ptr<const std::string>> documents_;
  std::function<void()> listener_;  // set and called on the writer's thread
};

}  // namespace weir
