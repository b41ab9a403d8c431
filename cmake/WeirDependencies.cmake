# The libraries, all from Debian's packages; `./dev setup` installs them.

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(absl REQUIRED)

# Packages that ship only (or best) a pkg-config file.
function(weir_pkg TARGET MODULE)
  pkg_check_modules(${TARGET} REQUIRED IMPORTED_TARGET GLOBAL ${MODULE})
endfunction()
weir_pkg(protobuf protobuf)
weir_pkg(grpcpp grpc++)
weir_pkg(libpq libpq)
weir_pkg(pqxx libpqxx)
weir_pkg(curl libcurl)
weir_pkg(microhttpd libmicrohttpd)
weir_pkg(simdjson simdjson)
weir_pkg(re2 re2)
weir_pkg(yamlcpp yaml-cpp)
weir_pkg(cli11 CLI11)
weir_pkg(spdlog spdlog)

find_program(WEIR_PROTOC protoc REQUIRED)
find_program(WEIR_GRPC_PLUGIN grpc_cpp_plugin REQUIRED)
