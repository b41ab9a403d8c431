// A disk in memory that can crash, be full or break. What was not synced is lost in a crash, but
// for as many bytes as the test says.
#pragma once

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/disk.h"

namespace weir {

class MemoryDisk final : public Disk {
 public:
  struct Content {
    std::string bytes;
    size_t synced = 0;
    bool open = false;
  };

  absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path) override {
    std::shared_ptr<Content>& content = files_[path];
    if (content == nullptr) content = std::make_shared<Content>();
    if (content->open) return absl::AlreadyExistsError(path + " is in use");
    content->open = true;
    return std::make_unique<File>(*this, content);
  }
  absl::Status Remove(const std::string& path) override {
    files_.erase(path);
    return absl::OkStatus();
  }
  bool Exists(const std::string& path) const override { return files_.count(path) > 0; }

  // Of each file `unsynced` bytes are kept beyond what was synced. Files that are open stay usable
  // only for being closed.
  void Crash(size_t unsynced) {
    for (auto& [path, content] : files_) {
      auto after = std::make_shared<Content>();
      after->bytes = content->bytes.substr(0, content->synced + unsynced);
      after->synced = after->bytes.size();
      content = std::move(after);
    }
  }

  std::string& Bytes(const std::string& path) { return files_.at(path)->bytes; }
  size_t files() const { return files_.size(); }

  std::atomic<uint64_t> capacity = UINT64_MAX;  // of each file; any thread, as fail_syncs
  std::atomic<bool> fail_syncs = false;
  int syncs = 0;

 private:
  class File final : public DiskFile {
   public:
    File(MemoryDisk& disk, std::shared_ptr<Content> content)
        : disk_(disk), content_(std::move(content)) {}
    ~File() override { content_->open = false; }

    absl::Status Append(absl::string_view bytes) override {
      const uint64_t room = Room(disk_.capacity);
      content_->bytes.append(bytes.substr(0, room).data(), std::min<size_t>(room, bytes.size()));
      return bytes.size() <= room ? absl::OkStatus() : absl::ResourceExhaustedError("disk full");
    }
    absl::Status Sync() override {
      if (disk_.fail_syncs) return absl::InternalError("cannot sync");
      ++disk_.syncs;
      content_->synced = content_->bytes.size();
      return absl::OkStatus();
    }
    absl::StatusOr<std::string> Read(uint64_t offset, uint64_t size) const override {
      return offset < Size() ? content_->bytes.substr(offset, size) : "";
    }
    absl::Status Truncate(uint64_t size) override {
      content_->bytes.resize(size);
      content_->synced = std::min<size_t>(content_->synced, size);
      return absl::OkStatus();
    }
    uint64_t Size() const override { return content_->bytes.size(); }

   private:
    uint64_t Room(uint64_t most) const { return most - std::min(most, Size()); }

    MemoryDisk& disk_;
    const std::shared_ptr<Content> content_;
  };

  std::map<std::string, std::shared_ptr<Content>> files_;
};

}  // namespace weir
