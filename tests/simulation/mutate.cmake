# cmake -DMUTATION=name.cmake -DSOURCE_FOLDER=… -DTO=… -P mutate.cmake
# Copies a source with pieces of it replaced. MUTATION sets FROM, and PIECE_1, INSTEAD_1, PIECE_2, …
# Fails when a piece is not there exactly once: then the code has changed, and the mutation must
# follow.
include("${MUTATION}")
file(READ "${SOURCE_FOLDER}/${FROM}" source)
set(number 1)
while(DEFINED PIECE_${number})
  string(FIND "${source}" "${PIECE_${number}}" first)
  string(FIND "${source}" "${PIECE_${number}}" last REVERSE)
  if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${MUTATION}: ${FROM} does not hold this, once:\n${PIECE_${number}}")
  endif()
  string(REPLACE "${PIECE_${number}}" "${INSTEAD_${number}}" source "${source}")
  math(EXPR number "${number} + 1")
endwhile()
file(WRITE "${TO}" "${source}")
