#include "reports/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {
namespace {

struct Closer {
  void operator()(FILE* file) const { fclose(file); }
};

absl::Status Failed(absl::string_view what, const std::string& path, const char* why) {
  return absl::UnavailableError(absl::StrCat("cannot ", what, " ", path, ": ", why));
}

absl::Status CreateFolder(const std::filesystem::path& folder) {
  if (folder.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  return error ? Failed("create folder", folder.string(), error.message().c_str())
               : absl::OkStatus();
}

// A full disk may show only when the file is flushed.
absl::Status WriteWhole(const std::string& path, absl::string_view content) {
  const std::unique_ptr<FILE, Closer> file(fopen(path.c_str(), "wb"));
  if (file == nullptr) return Failed("create", path, strerror(errno));
  const size_t written = fwrite(content.data(), 1, content.size(), file.get());
  if (written != content.size() || fflush(file.get()) != 0) {
    return Failed("write", path, strerror(errno));
  }
  return absl::OkStatus();
}

absl::Status WriteAndRename(const std::string& temporary, const std::string& path,
                            absl::string_view content) {
  WEIR_RETURN_IF_ERROR(WriteWhole(temporary, content));
  if (rename(temporary.c_str(), path.c_str()) == 0) return absl::OkStatus();
  return Failed("replace", path, strerror(errno));
}

}  // namespace

absl::Status WriteOutputFile(const std::string& path, absl::string_view content) {
  WEIR_RETURN_IF_ERROR(CreateFolder(std::filesystem::path(path).parent_path()));
  const std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  const absl::Status status = WriteAndRename(temporary, path, content);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace weir
