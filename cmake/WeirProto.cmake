# weir_proto_library(NAME PROTOS a.proto … [GRPC] [DEPENDS target …])
# Generates into the build tree so that "proto/a.pb.h" is the include path. Generated code is
# compiled without our warnings.
function(weir_proto_library NAME)
  cmake_parse_arguments(ARG "GRPC" "" "PROTOS;DEPENDS" ${ARGN})
  set(sources)
  foreach(proto ${ARG_PROTOS})
    get_filename_component(stem ${proto} NAME_WE)
    set(out ${CMAKE_BINARY_DIR}/generated/proto/${stem})
    set(outputs ${out}.pb.cc ${out}.pb.h)
    set(flags --cpp_out=${CMAKE_BINARY_DIR}/generated)
    if(ARG_GRPC)
      list(APPEND outputs ${out}.grpc.pb.cc ${out}.grpc.pb.h)
      list(APPEND flags --grpc_out=${CMAKE_BINARY_DIR}/generated
                        --plugin=protoc-gen-grpc=${WEIR_GRPC_PLUGIN})
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/generated/proto
      COMMAND ${WEIR_PROTOC} -I${CMAKE_SOURCE_DIR} ${flags} proto/${proto}
      DEPENDS ${CMAKE_SOURCE_DIR}/proto/${proto}
      WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
      VERBATIM)
    list(APPEND sources ${outputs})
  endforeach()
  add_library(${NAME} STATIC ${sources})
  target_include_directories(${NAME} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${NAME} PUBLIC PkgConfig::protobuf ${ARG_DEPENDS})
  if(ARG_GRPC)
    target_link_libraries(${NAME} PUBLIC PkgConfig::grpcpp)
  endif()
endfunction()
