// Writes a file so that readers see the old one or the whole new one, never half of it.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace weir {

// Piece by piece: into a temporary file beside `path`, which takes its place with Commit and is
// removed without. Not thread-safe.
class OutputFile {
 public:
  static absl::StatusOr<OutputFile> Create(const std::string& path);  // and missing folders
  OutputFile(OutputFile&&) = default;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  absl::Status Append(absl::string_view content);
  absl::Status Commit();  // the last call

 private:
  struct Closer {
    void operator()(FILE* file) const { fclose(file); }
  };
  using File = std::unique_ptr<FILE, Closer>;

  OutputFile(std::string path, std::string temporary, File file)
      : path_(std::move(path)), temporary_(std::move(temporary)), file_(std::move(file)) {}

  std::string path_;
  std::string temporary_;
  File file_;  // null once committed, or moved from
};

absl::Status WriteOutputFile(const std::string& path, absl::string_view content);

}  // namespace weir
