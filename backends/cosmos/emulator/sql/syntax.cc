#include "backends/cosmos/emulator/sql/syntax.h"

namespace weir::cosmos::emulator::sql {

Expression::Expression() = default;
Expression::~Expression() = default;

}  // namespace weir::cosmos::emulator::sql
