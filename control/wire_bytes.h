// Messages of the control stream as bytes, for whoever reads them where they lie. Used with gRPC's
// byte buffers; no state.
#pragma once

#include <google/protobuf/message_lite.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <functional>
#include <string_view>

namespace weir {

grpc::ByteBuffer ToBytes(const google::protobuf::MessageLite& message);

// Calls `use` with what the buffer holds, nothing where it cannot be had; the bytes live as long as
// that call.
void WithBytes(const grpc::ByteBuffer& buffer, const std::function<void(std::string_view)>& use);

}  // namespace weir
