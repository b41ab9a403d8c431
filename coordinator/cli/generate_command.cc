#include "coordinator/cli/generate_command.h"

#include <fcntl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"

#include "base/status.h"
#include "coordinator/campaign_walk.h"
#include "generators/dataset.h"
#include "generators/record_writer.h"

namespace weir {
namespace {

constexpr size_t kBufferBytes = 1 << 18;

// A file descriptor that is written to in large pieces.
class Output {
 public:
  explicit Output(int descriptor) : descriptor_(descriptor) { text_.reserve(2 * kBufferBytes); }

  std::string* text() { return &text_; }

  absl::Status FlushIfLarge() { return text_.size() < kBufferBytes ? absl::OkStatus() : Flush(); }

  // kCancelled when nobody reads any more.
  absl::Status Flush() {
    size_t written = 0;
    while (written < text_.size()) {
      const ssize_t n = write(descriptor_, text_.data() + written, text_.size() - written);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return WriteError();
      written += static_cast<size_t>(n);
    }
    text_.clear();
    return absl::OkStatus();
  }

 private:
  static absl::Status WriteError() {
    if (errno == EPIPE) return absl::CancelledError("the reader closed the pipe");
    return absl::UnavailableError(absl::StrCat("cannot write: ", std::strerror(errno)));
  }

  int descriptor_;
  std::string text_;
};

// The dataset with the defaults that a campaign would give it.
absl::StatusOr<std::unique_ptr<Dataset>> MakeFor(const GenerateOptions& options) {
  const uint64_t records = options.first + options.records;
  std::vector<Problem> none;
  const YamlNode tree =
      ParseYaml(absl::StrCat("{records: ", records, ", ", options.dataset, ": }"), "", &none);
  v1::Dataset settings;
  WalkFindings findings;
  FillMessage(tree, {}, &settings, &findings);
  if (!findings.problems.empty()) {
    return absl::InvalidArgumentError(findings.problems[0].message);
  }
  return MakeDataset(settings, options.seed);
}

absl::Status Write(const GenerateOptions& options, int descriptor) {
  WEIR_ASSIGN_OR_RETURN(const std::unique_ptr<Dataset> dataset, MakeFor(options));
  WEIR_ASSIGN_OR_RETURN(const RecordFormat format, RecordFormatNamed(options.format));
  const RecordWriter writer(dataset->schema(), format);
  Output output(descriptor);
  Record record;
  writer.WriteHeader(output.text());
  for (uint64_t i = 0; i < options.records; ++i) {
    dataset->Make(options.first + i, 0, &record);
    writer.Write(record, output.text());
    WEIR_RETURN_IF_ERROR(output.FlushIfLarge());
  }
  return output.Flush();
}

// A temporary file beside the one that was asked for takes its name once it is complete.
absl::Status WriteFile(const GenerateOptions& options) {
  const std::string temporary = absl::StrCat(options.out, ".", getpid(), ".tmp");
  const int file = open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (file < 0) {
    return absl::UnavailableError(
        absl::StrCat("cannot write ", temporary, ": ", std::strerror(errno)));
  }
  absl::Status status = Write(options, file);
  if (close(file) != 0 && status.ok()) status = absl::UnavailableError(std::strerror(errno));
  if (status.ok() && rename(temporary.c_str(), options.out.c_str()) != 0) {
    status = absl::UnavailableError(
        absl::StrCat("cannot write ", options.out, ": ", std::strerror(errno)));
  }
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

}  // namespace

void AddGenerateOptions(CLI::App* command, GenerateOptions* options) {
  command->add_option("--records", options->records, "How many")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--first", options->first, "Index of the first record")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--seed", options->seed, "The same seed gives the same records everywhere")
      ->capture_default_str()
      ->type_name("N");
  command->add_option("--format", options->format, "JSON Lines or CSV with a header")
      ->check(CLI::IsMember({"jsonl", "csv"}))
      ->capture_default_str()
      ->type_name("");
  command->add_option("--out", options->out, "File to write as a whole; standard output without")
      ->type_name("FILE");
  command->footer(
      "Examples:\n"
      "  weir generate logs --records 1000000 --seed 7 --format csv --out logs.csv\n"
      "  weir generate logs --records 100000 | zstd > logs.jsonl.zst");
}

ExitCode GenerateCommand(const GenerateOptions& options) {
  const absl::Status status =
      options.out.empty() ? Write(options, STDOUT_FILENO) : WriteFile(options);
  if (status.ok() || absl::IsCancelled(status)) return kExitValid;
  std::fprintf(stderr, "weir generate: %s\n", std::string(status.message()).c_str());
  return absl::IsInvalidArgument(status) ? kExitUsage : kExitFailure;
}

}  // namespace weir
