#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/disk.h"
#include "base/status.h"

namespace weir {
namespace {

absl::Status Failed(absl::string_view what, const std::string& path) {
  const std::string words = absl::StrCat("cannot ", what, " ", path, ": ", strerror(errno));
  if (errno == ENOSPC || errno == EDQUOT) return absl::ResourceExhaustedError(words);
  return absl::InternalError(words);
}

class PosixFile final : public DiskFile {
 public:
  PosixFile(int fd, std::string path, uint64_t size)
      : fd_(fd), path_(std::move(path)), size_(size) {}
  ~PosixFile() override { close(fd_); }

  absl::Status Append(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const ssize_t written = pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return Failed("write", path_);
      size_ += static_cast<uint64_t>(written);
      bytes.remove_prefix(static_cast<size_t>(written));
    }
    return absl::OkStatus();
  }

  absl::Status Sync() override {
    return fdatasync(fd_) == 0 ? absl::OkStatus() : Failed("sync", path_);
  }

  absl::StatusOr<std::string> Read(uint64_t offset, uint64_t size) const override {
    std::string bytes(offset < size_ ? std::min(size, size_ - offset) : 0, '\0');
    for (size_t done = 0; done < bytes.size();) {
      const ssize_t got =
          pread(fd_, bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Failed("read", path_);
      if (got == 0) {
        bytes.resize(done);
        break;
      }
      done += static_cast<size_t>(got);
    }
    return bytes;
  }

  absl::Status Truncate(uint64_t size) override {
    if (ftruncate(fd_, static_cast<off_t>(size)) != 0) return Failed("truncate", path_);
    size_ = size;
    return absl::OkStatus();
  }

  uint64_t Size() const override { return size_; }
  void set_size(uint64_t size) { size_ = size; }

 private:
  const int fd_;
  const std::string path_;
  uint64_t size_;
};

// The name of a new file survives a crash only once its folder is synced.
absl::Status SyncFolderOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path();
  const std::string folder = parent.empty() ? std::string(".") : parent;
  const int fd = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return Failed("open", folder);
  const bool synced = fsync(fd) == 0;
  close(fd);
  return synced ? absl::OkStatus() : Failed("sync", folder);
}

// Takes the descriptor. Whoever writes holds the file alone, those who read share it.
absl::StatusOr<std::unique_ptr<DiskFile>> Hold(int fd, int lock, const std::string& path) {
  auto file = std::make_unique<PosixFile>(fd, path, 0);
  if (flock(fd, lock | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return absl::AlreadyExistsError(absl::StrCat(path, " is in use"));
    return Failed("lock", path);
  }
  struct stat facts;
  if (fstat(fd, &facts) != 0) return Failed("read", path);
  file->set_size(static_cast<uint64_t>(facts.st_size));
  return file;
}

class PosixDisk final : public Disk {
 public:
  absl::StatusOr<std::unique_ptr<DiskFile>> Open(const std::string& path) override {
    const bool is_new = !Exists(path);
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return Failed("open", path);
    WEIR_ASSIGN_OR_RETURN(std::unique_ptr<DiskFile> file, Hold(fd, LOCK_EX, path));
    if (is_new) WEIR_RETURN_IF_ERROR(SyncFolderOf(path));
    return file;
  }

  absl::Status Remove(const std::string& path) override {
    if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
    return Failed("remove", path);
  }

  bool Exists(const std::string& path) const override { return access(path.c_str(), F_OK) == 0; }
};

}  // namespace

absl::StatusOr<std::unique_ptr<DiskFile>> OpenToRead(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return absl::NotFoundError(absl::StrCat(path, " is not there"));
  if (fd < 0) return Failed("open", path);
  return Hold(fd, LOCK_SH, path);
}

std::unique_ptr<Disk> MakePosixDisk() { return std::make_unique<PosixDisk>(); }

}  // namespace weir
