#include "coordinator/health_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <string>

namespace weir {
namespace {

// A call with an empty request; the bytes of the answer.
grpc::Status Ask(int port, const char* method, std::string* answer) {
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  const grpc::Slice nothing("");
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::ByteBuffer response;
  const grpc::Status status = grpc::internal::BlockingUnaryCall(
      channel.get(), grpc::internal::RpcMethod(method, grpc::internal::RpcMethod::NORMAL_RPC),
      &context, request, &response);
  grpc::Slice bytes;
  if (status.ok() && response.DumpToSingleSlice(&bytes).ok()) {
    answer->assign(reinterpret_cast<const char*>(bytes.begin()), bytes.size());
  }
  return status;
}

TEST(HealthServer, SaysServingAndOffersNothingElse) {
  const auto server = StartHealthServer({"127.0.0.1", 0});
  ASSERT_TRUE(server.ok()) << server.status();
  std::string answer;
  const grpc::Status status = Ask((*server)->port(), "/grpc.health.v1.Health/Check", &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(answer, "\x08\x01") << "HealthCheckResponse{status: SERVING}";
  EXPECT_EQ(Ask((*server)->port(), "/weir.v1.Control/Attend", &answer).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
}

TEST(HealthServer, SaysWhereItCannotListen) {
  const auto first = StartHealthServer({"127.0.0.1", 0});
  ASSERT_TRUE(first.ok());
  const auto second = StartHealthServer({"127.0.0.1", static_cast<uint16_t>((*first)->port())});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace weir
