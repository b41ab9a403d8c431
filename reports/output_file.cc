#include "reports/output_file.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

#include "base/status.h"

namespace weir {
namespace {

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

}  // namespace

absl::StatusOr<OutputFile> OutputFile::Create(const std::string& path) {
  WEIR_RETURN_IF_ERROR(CreateFolder(std::filesystem::path(path).parent_path()));
  std::string temporary = absl::StrCat(path, ".", getpid(), ".tmp");
  File file(fopen(temporary.c_str(), "wb"));
  if (file == nullptr) return Failed("create", temporary, strerror(errno));
  return OutputFile(path, std::move(temporary), std::move(file));
}

OutputFile::~OutputFile() {
  if (file_ != nullptr) unlink(temporary_.c_str());
}

absl::Status OutputFile::Append(absl::string_view content) {
  if (fwrite(content.data(), 1, content.size(), file_.get()) == content.size()) {
    return absl::OkStatus();
  }
  return Failed("write", temporary_, strerror(errno));
}

// A full disk may show only when the file is flushed.
absl::Status OutputFile::Commit() {
  if (fflush(file_.get()) != 0) return Failed("write", temporary_, strerror(errno));
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return Failed("replace", path_, strerror(errno));
  }
  file_.reset();
  return absl::OkStatus();
}

absl::Status WriteOutputFile(const std::string& path, absl::string_view content) {
  WEIR_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(path));
  WEIR_RETURN_IF_ERROR(file.Append(content));
  return file.Commit();
}

}  // namespace weir
