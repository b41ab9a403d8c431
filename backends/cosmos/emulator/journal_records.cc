#include "backends/cosmos/emulator/journal_records.h"

#include <algorithm>

#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

enum Kind : char { kCommand = 'C', kTable = 'T', kItems = 'I' };
enum Write : char { kWritten = 'w', kDeleted = 'd' };

void PutNumber(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}

void PutText(std::string_view text, std::string* out) {
  PutNumber(text.size(), out);
  out->append(text);
}

void PutKey(const EffectivePartitionKey& key, std::string* out) {
  PutText({reinterpret_cast<const char*>(key.bytes().data()), key.bytes().size()}, out);
}

// Reads what Put wrote; after the first thing that is not there, everything is empty and !ok().
class Reader {
 public:
  explicit Reader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  bool AtEnd() const { return left_.empty(); }
  char Byte() { return Take(1).empty() ? '\0' : last_[0]; }
  uint64_t Number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<unsigned char>(Byte());
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  uint32_t Number32() { return static_cast<uint32_t>(Number()); }
  std::string_view Text() { return Take(Number()); }
  EffectivePartitionKey Key() {
    const std::string_view bytes = Text();
    EffectivePartitionKey key;
    if (bytes.size() > EffectivePartitionKey::kMaxBytes) {
      ok_ = false;
    } else {
      key.Append({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
    }
    return key;
  }

 private:
  std::string_view Take(uint64_t size) {
    if (size > left_.size()) {
      ok_ = false;
      left_ = {};
      return last_ = {};
    }
    last_ = left_.substr(0, size);
    left_.remove_prefix(size);
    return last_;
  }

  std::string_view left_;
  std::string_view last_;
  bool ok_ = true;
};

RecordedCommand ReadCommand(Reader* reader) {
  RecordedCommand command;
  command.sequence = reader->Number();
  command.unix_seconds = reader->Number32();
  command.next_database = reader->Number32();
  command.next_container = reader->Number32();
  command.method = reader->Text();
  command.path = reader->Text();
  command.body = reader->Text();
  while (reader->ok() && !reader->AtEnd()) {
    std::string name(reader->Text());
    command.headers.emplace_back(std::move(name), reader->Text());
  }
  return command;
}

std::vector<RecordedPartition> ReadTable(Reader* reader) {
  std::vector<RecordedPartition> partitions;
  while (reader->ok() && !reader->AtEnd()) {
    RecordedPartition& partition = partitions.emplace_back();
    partition.low = reader->Key();
    partition.high = reader->Key();
    for (uint64_t n = reader->Number(); n > 0 && reader->ok(); --n) {
      partition.parents.push_back(reader->Number32());
    }
    partition.lsn = reader->Number();
    partition.next_number = reader->Number();
  }
  return partitions;
}

// Later tables know more partitions; what was counted since an earlier one stays.
void MergeTable(std::vector<RecordedPartition> table, std::vector<RecordedPartition>* known) {
  for (size_t i = 0; i < std::min(table.size(), known->size()); ++i) {
    table[i].lsn = std::max(table[i].lsn, (*known)[i].lsn);
    table[i].next_number = std::max(table[i].next_number, (*known)[i].next_number);
  }
  if (table.size() >= known->size()) *known = std::move(table);
}

RecordedItem ReadItem(Reader* reader, char kind) {
  RecordedItem item;
  item.lsn = reader->Number();
  item.key = reader->Key();
  item.id = reader->Text();
  if (kind == kDeleted) return item;
  item.number = reader->Number();
  item.timestamp = reader->Number32();
  item.terms = reader->Number32();
  item.ttl = static_cast<int32_t>(reader->Number32());
  item.json = reader->Text();
  return item;
}

void ApplyItems(Reader* reader, RecordedState::Container* container) {
  const size_t id = reader->Number32();
  if (id > 1'000'000) return;  // no container has so many
  if (container->partitions.size() <= id) container->partitions.resize(id + 1);
  RecordedPartition& partition = container->partitions[id];
  while (reader->ok() && !reader->AtEnd()) {
    const char kind = reader->Byte();
    RecordedItem item = ReadItem(reader, kind);
    if (!reader->ok()) return;
    partition.lsn = std::max(partition.lsn, item.lsn);
    std::string name(reinterpret_cast<const char*>(item.key.bytes().data()),
                     item.key.bytes().size());
    name.append(item.id);
    if (kind == kDeleted) {
      const auto found = container->items.find(name);
      if (found != container->items.end() && found->second.lsn < item.lsn) {
        container->items.erase(found);
      }
      continue;
    }
    RecordedItem& known = container->items[name];
    if (known.lsn < item.lsn) known = std::move(item);
  }
}

}  // namespace

std::string EncodeCommand(const RecordedCommand& command) {
  std::string record(1, kCommand);
  PutNumber(command.sequence, &record);
  PutNumber(command.unix_seconds, &record);
  PutNumber(command.next_database, &record);
  PutNumber(command.next_container, &record);
  PutText(command.method, &record);
  PutText(command.path, &record);
  PutText(command.body, &record);
  for (const auto& [name, value] : command.headers) {
    PutText(name, &record);
    PutText(value, &record);
  }
  return record;
}

std::string EncodeTable(std::string_view container_rid,
                        const std::vector<RecordedPartition>& partitions) {
  std::string record(1, kTable);
  PutText(container_rid, &record);
  for (const RecordedPartition& partition : partitions) {
    PutKey(partition.low, &record);
    PutKey(partition.high, &record);
    PutNumber(partition.parents.size(), &record);
    for (const uint32_t parent : partition.parents) PutNumber(parent, &record);
    PutNumber(partition.lsn, &record);
    PutNumber(partition.next_number, &record);
  }
  return record;
}

void AppendItemsHead(std::string_view container_rid, uint32_t partition, std::string* record) {
  record->push_back(kItems);
  PutText(container_rid, record);
  PutNumber(partition, record);
}

void AppendItemWritten(const StoredDocument& document, std::string* record) {
  record->push_back(kWritten);
  PutNumber(document.lsn(), record);
  PutKey(document.logical()->key, record);
  PutText(document.Id(), record);
  PutNumber(document.number(), record);
  PutNumber(document.timestamp(), record);
  PutNumber(document.terms(), record);
  PutNumber(static_cast<uint32_t>(document.ttl()), record);
  PutNumber(document.json_size(), record);
  document.AppendJson(record);
}

void AppendItemDeleted(const StoredDocument& document, uint64_t lsn, std::string* record) {
  record->push_back(kDeleted);
  PutNumber(lsn, record);
  PutKey(document.logical()->key, record);
  PutText(document.Id(), record);
}

absl::Status RecordedState::Apply(std::string_view record) {
  Reader reader(record);
  const char kind = reader.Byte();
  if (kind == kCommand) {
    RecordedCommand command = ReadCommand(&reader);
    if (command.sequence > last_sequence_) {
      last_sequence_ = command.sequence;
      commands_.push_back(std::move(command));
    }
  } else if (kind == kTable) {
    Container& container = containers_[std::string(reader.Text())];
    MergeTable(ReadTable(&reader), &container.partitions);
  } else if (kind == kItems) {
    ApplyItems(&reader, &containers_[std::string(reader.Text())]);
  } else {
    return absl::DataLossError("a record of a kind that this version does not know");
  }
  return reader.ok() ? absl::OkStatus() : absl::DataLossError("a record breaks off");
}

}  // namespace weir::cosmos::emulator
