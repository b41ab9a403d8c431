// What the service does for a durable emulator.
#include <simdjson.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/answer.h"
#include "backends/cosmos/emulator/service.h"
#include "backends/cosmos/emulator/wall_clock.h"
#include "backends/cosmos/wire/headers.h"
#include "base/status.h"

namespace weir::cosmos::emulator {
namespace {

using Path = std::vector<std::string>;

bool IsCommand(const HttpRequest& request, const Path& path) {
  if (path.empty() || request.method == "GET" || request.HeaderIsTrue(header::kIsQuery)) {
    return false;
  }
  if (path[0] == "offers") return request.method == "PUT";
  return path[0] == "dbs" && path.size() <= 4;
}

// What a command needs to be carried out again: no signature, no condition, no date.
bool IsKept(std::string_view name) {
  return name.starts_with("x-ms-") && name != header::kDate && name != header::kSessionToken &&
         name != header::kActivityId;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

bool BeginsWith(const Path& path, const Path& head) {
  return path.size() >= head.size() && std::equal(head.begin(), head.end(), path.begin());
}

// Where the thing is that the command made or changed.
Path TargetOf(const RecordedCommand& command, Path path) {
  if (command.method != "POST") return path;
  simdjson::dom::parser parser;
  std::string_view id;
  if (parser.parse(command.body)["id"].get(id) == simdjson::SUCCESS) path.emplace_back(id);
  return path;
}

HttpResponse Unavailable(const absl::Status& status) {
  return ErrorAnswer(
      503, 0, absl::StrCat("the emulator cannot keep its data: ", std::string(status.message())));
}

}  // namespace

absl::Status Service::KeepIn(DurableStore* store, RecordedState* recorded) {
  for (const RecordedCommand& command : recorded->commands()) {
    WEIR_RETURN_IF_ERROR(Repeat(command));
  }
  for (const auto& container : account_.Containers()) {
    const auto found = recorded->containers().find(container->ids().rid_bytes);
    if (found == recorded->containers().end() || found->second.partitions.empty()) continue;
    container->Restore(std::move(found->second));
  }
  last_sequence_ = recorded->last_sequence();
  store_ = store;
  account_.RecordTo(store);
  for (const auto& offer : account_.Offers()) offer->Finish();  // what was pending
  store->StartCompaction([this](absl::FunctionRef<void(std::string_view record)> write) {
    WriteState(write);
    return true;
  });
  return absl::OkStatus();
}

HttpResponse Service::RouteDurably(const HttpRequest& request, const Path& path) {
  const absl::Status health = store_->Health();
  if (!health.ok() && !path.empty()) return Unavailable(health);
  HttpResponse response =
      IsCommand(request, path) ? AnswerCommand(request, path) : Route(request, path);
  // A reader waits as well: what it has seen must not be gone after a crash.
  response.ticket = store_->appended();
  return response;
}

HttpResponse Service::AnswerCommand(const HttpRequest& request, const Path& path) {
  RecordedCommand command;
  command.method = request.method;
  command.path = request.path;
  command.body = request.body;
  for (const auto& [name, value] : request.headers) {
    std::string lower = LowerCase(name);
    if (IsKept(lower)) command.headers.emplace_back(std::move(lower), value);
  }
  const std::scoped_lock lock(commands_mutex_);
  command.unix_seconds = NowSeconds();
  std::tie(command.next_database, command.next_container) = account_.next_rids();
  const WallClockOverride now(command.unix_seconds);
  HttpResponse response = Route(request, path);
  if (response.status >= 400) return response;
  command.sequence = ++last_sequence_;
  store_->Append(EncodeCommand(command));
  Remember(std::move(command), path);
  return response;
}

std::shared_ptr<Offer> Service::FindOffer(const Path& path) const {
  if (path.size() != 2 || path[0] != "offers") return nullptr;
  for (auto& offer : account_.Offers()) {
    if (offer->identity().rid == path[1]) return offer;
  }
  return nullptr;
}

// With commands_mutex_ held, or before there are requests. What was removed needs no history, nor
// do the offers that went with it.
void Service::Remember(RecordedCommand command, const Path& path) {
  Path target = TargetOf(command, path);
  if (command.method == "DELETE") {
    std::erase_if(commands_, [&](const Command& c) {
      return BeginsWith(c.target, target) ||
             (c.target[0] == "offers" && FindOffer(c.target) == nullptr);
    });
  } else {
    commands_.push_back({std::move(command), std::move(target)});
  }
}

absl::Status Service::Repeat(const RecordedCommand& command) {
  Path path;
  if (!SplitPath(command.path, &path)) {
    return absl::DataLossError("a recorded command has a malformed path");
  }
  HttpRequest request;
  request.method = command.method;
  request.path = command.path;
  request.body = command.body;
  request.body.reserve(request.body.size() + simdjson::SIMDJSON_PADDING);
  for (const auto& [name, value] : command.headers) request.headers.emplace_back(name, value);
  const WallClockOverride now(command.unix_seconds);
  account_.set_next_rids(command.next_database, command.next_container);
  if (command.method.empty()) return absl::OkStatus();
  // What was pending then, had been carried out before the next change was taken.
  if (const auto offer = FindOffer(path)) offer->Finish();
  const HttpResponse response = Route(request, path);
  // Of what was removed meanwhile a snapshot knows no commands, but the journal behind it some.
  if (response.status == 404) return absl::OkStatus();
  if (response.status >= 400) {
    return absl::DataLossError(absl::StrCat("the recorded command ", command.method, " ",
                                            command.path, " fails now: ", response.body));
  }
  Remember(command, path);
  return absl::OkStatus();
}

void Service::WriteState(absl::FunctionRef<void(std::string_view record)> write) {
  {
    const std::scoped_lock lock(commands_mutex_);
    for (const Command& command : commands_) write(EncodeCommand(command.recorded));
    RecordedCommand counters{.sequence = ++last_sequence_};
    std::tie(counters.next_database, counters.next_container) = account_.next_rids();
    write(EncodeCommand(counters));
  }
  for (const auto& container : account_.Containers()) container->WriteState(write);
}

}  // namespace weir::cosmos::emulator
