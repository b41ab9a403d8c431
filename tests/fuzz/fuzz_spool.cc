// Any bytes as what an agent that died left in its spool: whole reports are read, in order, and
// what is not whole is passed over. As they are, and as records whose checksums are right, over two
// files.
#include "control/spool_reader.h"

#include "agent/spool.h"
#include "base/check.h"
#include "base/record_log.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

size_t Read(Disk& disk, const std::string& path) {
  size_t records = 0;
  const auto read = ReadSpoolFile(*disk.Open(path), [&](v1::SpoolRecord& record) {
    WEIR_CHECK(record.ByteSizeLong() < RecordLog::kLargestRecord);
    ++records;
  });
  WEIR_CHECK(read.ok() || !read.status().message().empty());
  return records;
}

void ReadTwice(Disk& disk, const std::string& path) {
  const size_t records = Read(disk, path);
  WEIR_CHECK(Read(disk, path) == records);  // reading changes nothing
}

void ReadAsFile(absl::string_view bytes) {
  MemoryDisk disk;
  {
    auto file = disk.Open("spool.1");
    WEIR_CHECK((*file)->Append({bytes.data(), bytes.size()}).ok());
  }
  ReadTwice(disk, "spool.1");
}

void ReadAsRecords(absl::string_view bytes) {
  MemoryDisk disk;
  const size_t half = bytes.size() / 2;
  const absl::string_view parts[] = {bytes.substr(0, half), bytes.substr(half)};
  for (int i = 0; i < 2; ++i) {
    auto log =
        RecordLog::Open(*disk.Open("spool." + std::to_string(2 + i)), [](absl::string_view) {});
    v1::SpoolRecord head;
    head.mutable_head()->set_run_id("run");
    WEIR_CHECK(log->Append(head.SerializeAsString()).ok());
    if (!parts[i].empty()) WEIR_CHECK(log->Append(parts[i]).ok());
  }
  for (const char* path : {"spool.2", "spool.3"}) ReadTwice(disk, path);
}

}  // namespace

std::vector<std::string> FuzzSeeds() {
  MemoryDisk disk;
  v1::IntervalReport report;
  report.mutable_interval()->add_operations()->mutable_tally()->set_ok(7);
  Spool spool(disk, "spool");
  spool.Begin(v1::SpoolHead());
  for (uint64_t sequence = 1; sequence <= 3; ++sequence) {
    report.set_sequence(sequence);
    WEIR_CHECK(spool.Append(report).ok());
  }
  WEIR_CHECK(spool.AppendEnd(v1::StageDone()).ok());
  std::vector<std::string> seeds = {report.SerializeAsString() + report.SerializeAsString()};
  disk.Crash(1 << 20);
  auto file = disk.Open("spool.1");
  seeds.push_back(*(*file)->Read(0, (*file)->Size()));
  return seeds;
}

}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(bytes), size);
  weir::ReadAsFile(input);
  weir::ReadAsRecords(input);
  return 0;
}
