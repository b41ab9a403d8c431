// A Service to send requests to, signed as a client signs them, without a socket between.
#pragma once

#include <gtest/gtest.h>
#include <simdjson.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

#include "backends/cosmos/emulator/service.h"
#include "backends/cosmos/wire/headers.h"
#include "base/clock.h"

namespace weir::cosmos::emulator {

using Headers = std::vector<std::pair<std::string_view, std::string>>;

inline std::string Find(const HttpResponse& response, std::string_view name) {
  return std::string(response.headers.Find(name));
}

inline double Charge(const HttpResponse& response) {
  double charge = -1;
  EXPECT_TRUE(absl::SimpleAtod(Find(response, header::kRequestCharge), &charge)) << response.body;
  return charge;
}

class ServiceTest : public ::testing::Test {
 protected:
  ServiceTest() : ServiceTest(Service::Settings{.account = {.throttle = false}}) {}
  explicit ServiceTest(Service::Settings settings)
      : key_(MasterKey::FromBase64(kWellKnownEmulatorKey).value()), service_(key_, settings) {}

  // Signs as a client does: link and type from the path.
  HttpResponse Send(const std::string& method, const std::string& path,
                    const std::string& body = "", Headers headers = {}) {
    std::vector<std::string> parts;
    for (const char c : path) {
      if (c == '/')
        parts.emplace_back();
      else
        parts.back().push_back(c);
    }
    const bool is_operation = parts.size() == 6 && parts[4] == "operations";
    std::string link;
    for (size_t i = 0; i < (is_operation ? 4 : parts.size() / 2 * 2); ++i) {
      absl::StrAppend(&link, i > 0 ? "/" : "", parts[i]);
    }
    std::string type;
    if (path != "/") type = parts.size() % 2 == 1 ? parts.back() : parts[parts.size() - 2];
    if (is_operation) type = "partitionkey";
    const std::string date = HttpDate(WallUnixNs() / kNsPerSecond);
    headers.emplace_back(header::kDate, date);
    headers.emplace_back(header::kAuthorization, key_.Token(method, type, link, date));
    HttpRequest request;
    request.method = method;
    request.path = path;
    for (const auto& [name, value] : headers) request.headers.emplace_back(name, value);
    request.body = body;
    request.body.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    return service_.Answer(request);
  }

  void MakeContainer(int throughput, const std::string& extra = "") {
    ASSERT_EQ(Send("POST", "/dbs", R"({"id":"d"})").status, 201);
    const auto made =
        Send("POST", "/dbs/d/colls",
             absl::StrCat(R"({"id":"c","partitionKey":{"paths":["/pk"]})", extra, "}"),
             {{header::kOfferThroughput, absl::StrCat(throughput)}});
    ASSERT_EQ(made.status, 201) << made.body;
  }

  HttpResponse Create(const std::string& id, const std::string& pk, const std::string& more = "",
                      Headers headers = {}) {
    headers.emplace_back(header::kPartitionKey, absl::StrCat("[\"", pk, "\"]"));
    return Send("POST", "/dbs/d/colls/c/docs",
                absl::StrCat(R"({"id":")", id, R"(","pk":")", pk, "\"", more, "}"), headers);
  }
  HttpResponse Item(const std::string& method, const std::string& id, const std::string& pk,
                    const std::string& body = "", Headers headers = {}) {
    headers.emplace_back(header::kPartitionKey, absl::StrCat("[\"", pk, "\"]"));
    return Send(method, "/dbs/d/colls/c/docs/" + id, body, headers);
  }
  HttpResponse Query(const std::string& text, Headers headers = {}) {
    headers.emplace_back(header::kIsQuery, "True");
    headers.emplace_back(header::kContentType, "application/query+json");
    headers.emplace_back(header::kEnableCrossPartition, "true");
    return Send("POST", "/dbs/d/colls/c/docs", absl::StrCat(R"({"query":")", text, "\"}"), headers);
  }
  // The "Documents" of an answer, as JSON.
  static std::string Rows(const HttpResponse& response) {
    simdjson::dom::parser parser;
    simdjson::dom::element rows;
    if (parser.parse(response.body)["Documents"].get(rows) != simdjson::SUCCESS) {
      return response.body;
    }
    return simdjson::minify(rows);
  }

  MasterKey key_;
  Service service_;
};

}  // namespace weir::cosmos::emulator
