#include "coordinator/health_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <chrono>

#include "absl/strings/str_cat.h"

namespace weir {
namespace {

class GrpcHealthServer final : public HealthServer {
 public:
  ~GrpcHealthServer() override {
    if (server_ != nullptr) server_->Shutdown(std::chrono::system_clock::now());
  }

  bool Listen(const std::string& address) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port_);
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.RegisterCallbackGenericService(&nothing_else_);
    // A switch of the whole process, read when a server is built: the control stream's has none.
    grpc::EnableDefaultHealthCheckService(true);
    server_ = builder.BuildAndStart();
    grpc::EnableDefaultHealthCheckService(false);
    return server_ != nullptr && port_ != 0;
  }

  int port() const override { return port_; }

 private:
  int port_ = 0;
  // A server needs a service of its own; this one answers UNIMPLEMENTED.
  grpc::CallbackGenericService nothing_else_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HealthServer>> StartHealthServer(const ControlAddress& address) {
  auto server = std::make_unique<GrpcHealthServer>();
  if (!server->Listen(address.ToString())) {
    return absl::UnavailableError(absl::StrCat("--health cannot listen on ", address.ToString(),
                                               ": is the port free and the address ours?"));
  }
  return server;
}

}  // namespace weir
