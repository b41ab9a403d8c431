// How exchanges of one event loop get to the wire and back. Everything here runs on the loop's
// thread.
#pragma once

#include <memory>
#include <string>

namespace weir::cosmos {

class HttpExchange;

// The way of one exchange, which owns it: one request at a time.
class HttpCarrier {
 public:
  virtual ~HttpCarrier() = default;  // as Cancel

  // Ends in HttpExchange::Finish, which is never called from inside Send.
  virtual void Send(bool on_new_connection) = 0;
  // Closes the connection; Finish is not called any more.
  virtual void Cancel() = 0;
  // Why there was no answer, in words.
  virtual std::string Error() const = 0;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;  // after its carriers
  virtual std::unique_ptr<HttpCarrier> MakeCarrier(HttpExchange& exchange) = 0;
};

}  // namespace weir::cosmos
