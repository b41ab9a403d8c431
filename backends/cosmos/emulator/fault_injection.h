// Where the rules of a FaultPlan meet requests: what a request is in the words of a rule, and what
// is answered instead of its own answer. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"

#include "backends/cosmos/emulator/account.h"
#include "backends/cosmos/emulator/charge.h"
#include "backends/cosmos/emulator/fault_plan.h"
#include "backends/cosmos/emulator/http_server.h"

namespace weir::cosmos::emulator {

// "create", "query", "bulk", …: the name that a rule gives to such a request. path: decoded.
std::string_view OperationOf(const HttpRequest& request, const std::vector<std::string>& path);

// The answer of `carry_out`, or what the first rule says that means the request. A throttled,
// unavailable or otherwise failing request is not carried out; a delayed or dropped one is.
HttpResponse AnswerWithFaults(FaultPlan* plan, const Account& account, const ChargeModel& charges,
                              const HttpRequest& request, const std::vector<std::string>& path,
                              absl::FunctionRef<HttpResponse()> carry_out);

}  // namespace weir::cosmos::emulator
