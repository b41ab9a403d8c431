#include "backends/cosmos/emulator/stored_document.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/json_text.h"

namespace weir::cosmos::emulator {
namespace {

void AppendHex(uint64_t value, int digits, std::string* out) {
  constexpr std::string_view kHex = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
    out->push_back(kHex[(value >> shift) & 0xF]);
  }
}

}  // namespace

SystemProperties::SystemProperties(const std::string& database_rid,
                                   const std::string& container_rid,
                                   std::string container_rid_bytes)
    : self_head_(absl::StrCat("dbs/", database_rid, "/colls/", container_rid, "/docs/")),
      container_rid_bytes_(std::move(container_rid_bytes)) {
  BlockMemory memory;
  StoredDocument sample;
  sample.body.text = DocumentText("", "{}", &memory);
  sample.body.timestamp = 1'500'000'000;
  std::string json;
  AppendJson(sample, &json);
  bytes_ = static_cast<uint32_t>(json.size() - 2);
}

std::string SystemProperties::DocumentRid(uint64_t number) const {
  std::string raw = container_rid_bytes_;
  for (int shift = 0; shift < 64; shift += 8) raw.push_back(static_cast<char>(number >> shift));
  std::string rid = absl::Base64Escape(raw);
  for (char& c : rid) c = c == '/' ? '-' : c;
  return rid;
}

void SystemProperties::AppendEtag(uint64_t lsn, std::string* out) {
  out->append("\"00000000-0000-0000-0000-");
  AppendHex(lsn, 12, out);
  out->push_back('"');
}

void SystemProperties::AppendJson(const StoredDocument& document, std::string* out) const {
  const std::string_view json = document.body.json();
  const std::string rid = DocumentRid(document.number);
  out->append(json.substr(0, json.size() - 1));
  out->append(R"(,"_rid":")").append(rid);
  out->append(R"(","_self":")").append(self_head_).append(rid);
  out->append(R"(/","_etag":"\)");
  AppendEtag(document.body.lsn, out);
  out->insert(out->size() - 1, 1, '\\');
  out->append(R"(","_attachments":"attachments/","_ts":)");
  AppendInteger(document.body.timestamp, out);
  out->push_back('}');
}

}  // namespace weir::cosmos::emulator
