// What a coordinator says to an agent that waits, beside the messages: as metadata of the call, so
// that the agent knows whom it talks to before it says anything itself.
#pragma once

namespace weir {

inline constexpr char kRunKey[] = "weir-run";      // the run's id
inline constexpr char kTokenKey[] = "weir-token";  // the join token; may be absent

}  // namespace weir
