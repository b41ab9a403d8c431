#include "generators/replay_file.h"

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

#include "base/status.h"
#include "generators/sha256.h"

namespace weir {
namespace {

constexpr size_t kPieceBytes = 1 << 20;
constexpr size_t kLongestLine = 64;
constexpr uint64_t kMostOffsets = uint64_t{1} << 27;  // 1 GiB of them
constexpr int64_t kLatestNs = int64_t{366} * 86400 * 1'000'000'000;

class OffsetLines {
 public:
  explicit OffsetLines(const std::string& path) : path_(path) {}

  absl::Status Add(absl::string_view line) {
    ++number_;
    absl::ConsumeSuffix(&line, "\r");
    int64_t offset = 0;
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), offset);
    if (error == std::errc::result_out_of_range || offset > kLatestNs) {
      return Wrong(absl::StrCat(line.substr(0, kLongestLine), " ns is more than 366 days"));
    }
    if (error != std::errc() || end != line.data() + line.size() || offset < 0) {
      return Wrong(absl::StrCat("expected a whole number of nanoseconds, found '",
                                line.substr(0, kLongestLine), "'"));
    }
    if (!offsets_.empty() && offset < offsets_.back()) {
      return Wrong(absl::StrCat(offset, " is less than ", offsets_.back(),
                                " on the line before; offsets must ascend"));
    }
    if (offsets_.size() == kMostOffsets) {
      return Wrong(absl::StrCat("more than ", kMostOffsets, " arrivals; split the file"));
    }
    offsets_.push_back(offset);
    return absl::OkStatus();
  }

  std::vector<int64_t> Take() { return std::move(offsets_); }

 private:
  absl::Status Wrong(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat(path_, ":", number_, ": ", what));
  }

  const std::string& path_;
  std::vector<int64_t> offsets_;
  uint64_t number_ = 0;
};

// Adds the whole lines of `text` and leaves what is begun.
absl::Status AddLines(std::string* text, OffsetLines* lines) {
  size_t begin = 0;
  for (size_t end; (end = text->find('\n', begin)) != std::string::npos; begin = end + 1) {
    WEIR_RETURN_IF_ERROR(lines->Add(absl::string_view(*text).substr(begin, end - begin)));
  }
  text->erase(0, begin);
  return text->size() <= kLongestLine ? absl::OkStatus() : lines->Add(*text);
}

absl::Status CannotRead(const std::string& path) {
  return absl::NotFoundError(absl::StrCat(path, ": cannot be read: ", std::strerror(errno)));
}

}  // namespace

absl::StatusOr<ReplayFile> ReadReplayFile(const std::string& path) {
  const std::unique_ptr<FILE, int (*)(FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (file == nullptr) return CannotRead(path);
  Sha256 sha;
  OffsetLines lines(path);
  std::string text;
  const auto piece = std::make_unique<char[]>(kPieceBytes);
  while (const size_t bytes = std::fread(piece.get(), 1, kPieceBytes, file.get())) {
    sha.Update({piece.get(), bytes});
    text.append(piece.get(), bytes);
    WEIR_RETURN_IF_ERROR(AddLines(&text, &lines));
  }
  if (std::ferror(file.get()) != 0) return CannotRead(path);
  if (!text.empty()) WEIR_RETURN_IF_ERROR(lines.Add(text));
  ReplayFile replay{lines.Take(), sha.Hex()};
  if (replay.offsets_ns.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": holds no arrival"));
  }
  return replay;
}

}  // namespace weir
