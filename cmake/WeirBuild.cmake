# How every target is compiled: language level, warnings, sanitizers, linker, compiler cache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_CXX_FLAGS_RELWITHDEBINFO "-O2 -g1")

if(NOT CMAKE_BUILD_TYPE)
  message(FATAL_ERROR "Choose a preset: cmake --preset release (or ./dev build)")
endif()

# What is compiled names no folder of this machine, so that the same sources give the same bytes
# wherever they lie (docs/releases.md): paths begin at the root of the sources, or of the build. Of
# several that fit the last one is taken; "../../" is how the compiler cache names the root.
foreach(path ${CMAKE_SOURCE_DIR}/= ../../= ${CMAKE_BINARY_DIR}=. ${CMAKE_BINARY_DIR}/=)
  add_compile_options(-ffile-prefix-map=${path})
endforeach()

# The cache knows a source again in any other checkout: it takes paths from the build folder.
find_program(WEIR_CCACHE ccache)
if(WEIR_CCACHE)
  set(cached ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} ${WEIR_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${cached})
  set(CMAKE_C_COMPILER_LAUNCHER ${cached})
endif()

find_program(WEIR_MOLD mold)
if(WEIR_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# Generators promise the same records on every machine: no fused multiply-add behind our back.
add_compile_options(-ffp-contract=off)

set(WEIR_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them")
if(WEIR_SANITIZE)
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-omit-frame-pointer
                      -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()

# Linked PRIVATE by our own targets, never exported to generated code.
add_library(weir_warnings INTERFACE)
target_compile_options(weir_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wunused
  -Wimplicit-fallthrough -Wextra-semi -Wno-missing-field-initializers -Werror
  $<$<CXX_COMPILER_ID:GNU>:-Wlogical-op -Wduplicated-cond>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety>)

# Of std::regex with sanitizers GCC warns of variables that are set (its bug 105562).
if(WEIR_SANITIZE)
  target_compile_options(weir_warnings INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
endif()

# weir_library(NAME SOURCES a.cc … [DEPENDS target …] [PRIVATE_DEPENDS target …])
function(weir_library NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(${NAME} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PUBLIC ${ARG_DEPENDS} PRIVATE weir_warnings ${ARG_PRIVATE_DEPENDS})
endfunction()

# weir_program(NAME OUTPUT name SOURCES a.cc … DEPENDS target …)
function(weir_program NAME)
  cmake_parse_arguments(ARG "" "OUTPUT" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  set_target_properties(${NAME} PROPERTIES OUTPUT_NAME ${ARG_OUTPUT})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE weir_warnings ${ARG_DEPENDS})
endfunction()
