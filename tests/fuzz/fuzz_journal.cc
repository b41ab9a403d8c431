// Any bytes as a coordinator's journal, and as a file of dead letters: whole records are read, and
// what is not whole is refused. As they are, and as the bytes of a record whose checksum is right.
#include "agent/dead_letters.h"
#include "base/check.h"
#include "base/record_log.h"
#include "coordinator/journal.h"
#include "tests/fuzz/bytes_on_disk.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/memory_disk.h"

namespace weir {
namespace {

constexpr char kPath[] = "letters.1";

void ReadAll(Disk& disk) {
  const auto records = ReadJournal(disk, kPath);
  WEIR_CHECK(records.ok() || !records.status().message().empty());
  (void)ForEachLetter(disk, "letters", [](const v1::DeadLetter& letter) {
    WEIR_CHECK(letter.ByteSizeLong() < RecordLog::kLargestRecord);
  });
}

}  // namespace

std::vector<std::string> FuzzSeeds() {
  MemoryDisk disk;
  v1::JournalRecord record;
  record.mutable_prepare()->set_step(1);
  {
    auto journal = Journal::Open(disk, "journal");
    for (int i = 0; i < 3; ++i) WEIR_CHECK((*journal)->Keep(record).ok());
    DeadLetters letters(disk, {.path = "letters", .run_id = "run", .agent = "a"});
    v1::DeadLetter letter;
    letter.set_detail("no");
    WEIR_CHECK(letters.Write(letter).ok() && letters.Sync().ok());
  }
  std::vector<std::string> seeds = {record.SerializeAsString()};
  for (const char* path : {"journal", kPath}) {
    auto file = disk.Open(path);
    seeds.push_back(*(*file)->Read(0, (*file)->Size()));
  }
  return seeds;
}

}  // namespace weir

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const absl::string_view input(reinterpret_cast<const char*>(bytes), size);
  weir::MemoryDisk whole;
  weir::PutFile(whole, weir::kPath, input);
  weir::ReadAll(whole);
  weir::MemoryDisk records;
  weir::PutRecords(records, weir::kPath, {input.substr(0, size / 2), input.substr(size / 2)});
  weir::ReadAll(records);
  return 0;
}
