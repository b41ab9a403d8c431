# weir_test(NAME SOURCES a_test.cc … DEPENDS target … [LABELS fast|server|system])
# One program per folder under test. Tests without a label are fast: no server, no sleeping; CTest
# runs each case by itself. "server" needs the throwaway PostgreSQL or the emulator, "system" starts
# whole campaigns; CTest runs such a program as one test, so that its servers start once.
include(GoogleTest)

function(weir_test NAME)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE weir_warnings GTest::gmock GTest::gtest_main ${ARG_DEPENDS})
  if(NOT ARG_LABELS)
    set(ARG_LABELS fast)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 400)
  endif()
  if(NOT ARG_LABELS STREQUAL "fast")
    add_test(NAME ${NAME} COMMAND ${NAME} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
    set_tests_properties(${NAME} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
    return()
  endif()
  gtest_discover_tests(${NAME}
    DISCOVERY_TIMEOUT 60
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# weir_thousand_kills(NAME PROGRAM FILTER): these tests of the program once more, with 1,000 kills
# instead of the few of every day (tests/support/kills.h). `./dev test --long` runs them.
function(weir_thousand_kills NAME PROGRAM FILTER)
  add_test(NAME ThousandKills.${NAME}
    COMMAND ${PROGRAM} --gtest_filter=${FILTER} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(ThousandKills.${NAME} PROPERTIES
    LABELS long TIMEOUT 14400 ENVIRONMENT WEIR_KILLS=1000)
endfunction()

# weir_bench(NAME SOURCES a_bench.cc … DEPENDS target …): a Google Benchmark program.
function(weir_bench NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE weir_warnings benchmark::benchmark_main ${ARG_DEPENDS})
endfunction()
