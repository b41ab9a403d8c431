#include "reports/hlog_writer.h"

#include <zlib.h>

#include <array>
#include <cstdint>
#include <ctime>
#include <map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "base/check.h"
#include "base/status.h"
#include "measure/measured_window.h"
#include "measure/tally.h"
#include "reports/output_file.h"
#include "reports/report.h"
#include "reports/result_row.h"

namespace weir {
namespace {

constexpr uint32_t kCompressedCookie = 0x1c849304 | 0x10;  // V2
constexpr double kMaxUnit = 1e6;

using Key = std::pair<v1::Phase, uint32_t>;

struct TaggedHistogram {
  absl::string_view name;
  Histogram Tally::*histogram;
};

constexpr auto kHistograms = std::to_array<TaggedHistogram>({
    {"response", &Tally::response},
    {"service", &Tally::service},
    {"wait", &Tally::wait},
    {"lag", &Tally::lag},
    {"failed_response", &Tally::failed_response},
    {"dispatch_response", &Tally::dispatch_response},
    {"server_time", &Tally::server_time},
    {"charge", &Tally::charge},
});

void AppendBigEndian(uint32_t number, std::string* bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) *bytes += static_cast<char>(number >> shift);
}

std::string Deflated(const std::string& bytes) {
  uLongf size = compressBound(bytes.size());
  std::string deflated(size, '\0');
  const int result = compress(reinterpret_cast<Bytef*>(deflated.data()), &size,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  WEIR_CHECK(result == Z_OK);  // the buffer is large enough
  deflated.resize(size);
  return deflated;
}

std::string UtcText(int64_t unix_ns) {
  const time_t seconds = unix_ns / 1'000'000'000;
  tm utc;
  gmtime_r(&seconds, &utc);
  char text[64];
  strftime(text, sizeof(text), "%a %b %d %H:%M:%S UTC %Y", &utc);
  return text;
}

std::string Heading(const v1::RunResult& run) {
  return absl::StrFormat(
      "#[Logged with weir %s, run %s]\n"
      "#[Histogram log format version 1.3]\n"
      "#[StartTime: %.3f (seconds since epoch), %s]\n"
      "#[Time stamps count from the start of the stage of the tag's leg and phase]\n"
      "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
      "\"Interval_Compressed_Histogram\"\n",
      TagPart(run.version()), TagPart(run.id()), static_cast<double>(run.started_unix_ns()) / 1e9,
      UtcText(run.started_unix_ns()));
}

// Ages make no difference here: every operation is logged in the second in which it ended.
absl::StatusOr<std::map<Key, Tally>> Tallies(const v1::Leg& leg, const v1::Interval& interval) {
  std::map<Key, Tally> tallies;
  for (const v1::OperationInterval& part : interval.operations()) {
    const Key key{CountedPhase(leg, interval.second(), part), part.operation()};
    WEIR_RETURN_IF_ERROR(tallies[key].Add(part.tally()));
  }
  return tallies;
}

// Runs of a comparison differ in their round, ".round-3"; probes of a search in their leg.
std::string RoundPart(const v1::Leg& leg) {
  if (leg.has_probe()) return absl::StrCat(".probe-", leg.index());
  if (leg.round() == 0) return "";
  return absl::StrCat(".round-", leg.round(), leg.set_aside() ? ".set-aside" : "");
}

absl::Status WriteSecond(const v1::Leg& leg, const v1::Interval& interval, OutputFile& file) {
  WEIR_ASSIGN_OR_RETURN(const auto tallies, Tallies(leg, interval));
  std::string lines;
  for (const auto& [key, tally] : tallies) {
    const std::string tag = absl::StrCat(
        "Tag=", TagPart(leg.scenario()), "/", TagPart(leg.target()), RoundPart(leg), "/",
        PhaseName(key.first), "/", TagPart(OperationName(leg, key.first, key.second)), "/");
    for (const TaggedHistogram& tagged : kHistograms) {
      const Histogram& histogram = tally.*tagged.histogram;
      if (histogram.empty()) continue;
      absl::StrAppendFormat(&lines, "%s%s,%d.000,1.000,%.6f,%s\n", tag, tagged.name,
                            interval.second(), static_cast<double>(histogram.Max()) / kMaxUnit,
                            CompressedHistogram(histogram));
    }
  }
  return file.Append(lines);
}

absl::Status WriteLegs(const ResultsStore& store, const v1::RunResult& run, OutputFile& file) {
  for (const v1::Leg& leg : run.legs()) {
    WEIR_RETURN_IF_ERROR(store.ForEachInterval(
        run.id(), leg.index(),
        [&](v1::Phase, const v1::Interval& interval) { return WriteSecond(leg, interval, file); }));
  }
  return absl::OkStatus();
}

}  // namespace

std::string CompressedHistogram(const Histogram& histogram) {
  const std::string payload = Deflated(histogram.EncodeV2());
  std::string bytes;
  AppendBigEndian(kCompressedCookie, &bytes);
  AppendBigEndian(static_cast<uint32_t>(payload.size()), &bytes);
  return absl::Base64Escape(bytes + payload);
}

std::string TagPart(absl::string_view name) {
  std::string part(name);
  for (char& c : part) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') c = '_';
  }
  return part;
}

absl::Status WriteHlog(const ResultsStore& store, const v1::RunResult& run,
                       const std::string& path) {
  WEIR_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(path));
  WEIR_RETURN_IF_ERROR(file.Append(Heading(run)));
  WEIR_RETURN_IF_ERROR(WriteLegs(store, run, file));
  return file.Commit();
}

}  // namespace weir
