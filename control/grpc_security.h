// ControlSecurity as gRPC takes it. Each end accepts one identity of the other, from the run's own
// authority, whatever its address.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "control/control_security.h"

namespace weir {

// Requires a certificate of the authority from whoever dials, and verifies it. What it says of its
// owner is looked at by WhyNotAdmitted, when a stream begins.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(const ControlSecurity& security);

// The largest message that is taken. A coordinator's holds a campaign; at the end of a stage an
// agent's holds the histograms of all its operations, some 20 KiB each.
inline constexpr int kLargestOfACoordinator = 4 << 20;
inline constexpr int kLargestOfAnAgent = 16 << 20;

// A channel to `address` whose server must be `server`, and sends messages no larger than
// `largest`.
std::shared_ptr<grpc::Channel> MakeControlChannel(const ControlAddress& address,
                                                  const ControlSecurity& security,
                                                  ControlEnd server, int largest);

// Whether the peer's certificate is `end`'s: a relay's is no coordinator's, though it has the name.
// Without TLS everybody is whoever they say.
bool IsOf(const grpc::AuthContext& peer, const ControlSecurity& security, ControlEnd end);

// Why this peer's stream is to be refused: with TLS, its certificate is not `client`'s. OK
// otherwise.
grpc::Status WhyNotAdmitted(const grpc::AuthContext& peer, const ControlSecurity& security,
                            ControlEnd client);

// Whether trying again cannot help: the other end, or its certificate, is not what we were told.
bool IsRefusal(const grpc::Status& status);
// The status in words for a person, with what to do about it.
std::string WhyNoStream(const grpc::Status& status);

}  // namespace weir
