// Any bytes as what an agent that died left in its spool: whole reports are read, in order, and
// what is not whole is passed over. As they are, and as records whose checksums are right, over two
// files.
#include "control/spool_reader.h"

#include "agent/spool.h"
#include "base/check.h"
#include "base/record_log.h"
#include "tests/fuzz/bytes_on_disk.h"
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

std::string Head() {
  v1::SpoolRecord record;
  record.mutable_head()->set_run_id("run");
  return record.SerializeAsString();
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
  weir::MemoryDisk disk;
  weir::PutFile(disk, "spool.1", input);
  weir::PutRecords(disk, "spool.2", {weir::Head(), input.substr(0, size / 2)});
  weir::PutRecords(disk, "spool.3", {weir::Head(), input.substr(size / 2)});
  for (const char* path : {"spool.1", "spool.2", "spool.3"}) weir::ReadTwice(disk, path);
  return 0;
}
