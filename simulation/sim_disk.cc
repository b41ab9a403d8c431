#include "simulation/sim_disk.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace weir {

// A handle. After its process died it does nothing any more.
class SimFile final : public DiskFile {
 public:
  SimFile(SimDisk& disk, std::shared_ptr<SimDisk::File> file)
      : disk_(disk), file_(std::move(file)), life_(file_->life) {}
  ~SimFile() override {
    if (current()) file_->held = false;
  }

  absl::Status Append(absl::string_view bytes) override {
    if (!current()) return Dead();
    if (disk_.faults.full) {
      if (disk_.dice_.Chance(0.5)) {
        absl::StrAppend(&file_->content, bytes.substr(0, disk_.dice_.Below(bytes.size() + 1)));
      }
      return absl::ResourceExhaustedError("no space left on device");
    }
    absl::StrAppend(&file_->content, bytes);
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    if (!current()) return Dead();
    if (disk_.on_wait != nullptr && disk_.faults.sync_takes_ns > 0) {
      disk_.on_wait(disk_.faults.sync_takes_ns);
    }
    if (disk_.dice_.Chance(disk_.faults.sync_fails)) return absl::InternalError("I/O error");
    file_->durable = file_->content;
    file_->named = true;
    ++disk_.syncs_;
    return absl::OkStatus();
  }

  absl::StatusOr<std::string> Read(uint64_t offset, uint64_t size) const override {
    if (!current()) return Dead();
    if (offset >= file_->content.size()) return std::string();
    return file_->content.substr(offset, size);
  }

  absl::Status Truncate(uint64_t size) override {
    if (!current()) return Dead();
    file_->content.resize(std::min<uint64_t>(size, file_->content.size()));
    return absl::OkStatus();
  }

  uint64_t Size() const override { return file_->content.size(); }

 private:
  bool current() const { return file_->held && file_->life == life_; }
  static absl::Status Dead() { return absl::InternalError("the process has ended"); }

  SimDisk& disk_;
  const std::shared_ptr<SimDisk::File> file_;
  const uint64_t life_;
};

absl::StatusOr<std::unique_ptr<DiskFile>> SimDisk::Open(const std::string& path) {
  std::shared_ptr<File>& file = files_[path];
  if (file == nullptr) file = std::make_shared<File>();
  if (file->held) return absl::AlreadyExistsError(absl::StrCat(path, " is held by another"));
  file->held = true;
  file->life = ++life_;
  return std::make_unique<SimFile>(*this, file);
}

absl::Status SimDisk::Remove(const std::string& path) {
  files_.erase(path);
  return absl::OkStatus();
}

std::vector<std::string> SimDisk::Names() const {
  std::vector<std::string> names;
  for (const auto& [name, file] : files_) names.push_back(name);
  return names;
}

void SimDisk::ProcessDied() {
  for (auto& [path, file] : files_) file->held = false;
}

void SimDisk::MachineCrashed() {
  ProcessDied();
  std::erase_if(files_,
                [this](const auto& entry) { return !entry.second->named && dice_.Chance(0.5); });
  for (auto& [path, file] : files_) Crash(file.get());
}

// Of the bytes from `safe` on nobody knows which were written.
void SimDisk::Tear(uint64_t safe, std::string* content) {
  const uint64_t from = safe + dice_.Below(content->size() - safe + 1);
  switch (dice_.Below(3)) {
    case 0:  // the end is missing
      return content->resize(from);
    case 1:  // the length was written, the bytes were not
      return void(std::fill(content->begin() + static_cast<int64_t>(from), content->end(), '\0'));
    default:  // nothing was
      return content->resize(safe);
  }
}

void SimDisk::Crash(File* file) {
  const auto differ = std::mismatch(file->content.begin(), file->content.end(),
                                    file->durable.begin(), file->durable.end());
  const auto safe = static_cast<uint64_t>(differ.first - file->content.begin());
  // A cut that was not synced may not have happened.
  if (differ.second != file->durable.end() && dice_.Chance(0.5)) {
    file->content = file->durable;
  } else {
    Tear(safe, &file->content);
  }
  file->durable = file->content;
  file->named = true;
}

}  // namespace weir
