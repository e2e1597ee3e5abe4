# Every library outside the project, found once. docs/adr/0014-dependencies.md says why each is here.
find_package(Threads REQUIRED)
find_package(OpenSSL 3 REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(LibXml2 REQUIRED)
find_package(XercesC REQUIRED)
find_package(ZLIB REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(Poco REQUIRED COMPONENTS Foundation Util)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp CONFIG REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_path(HUB_BOOST_INCLUDE boost/dll/shared_library.hpp REQUIRED)
find_path(HUB_LIBELF_INCLUDE libelf.h REQUIRED)
find_path(HUB_LIBMARIADB_INCLUDE mysql.h PATH_SUFFIXES mariadb REQUIRED)
find_library(HUB_LIBMARIADB mariadb REQUIRED)
find_library(HUB_LIBELF elf REQUIRED)

# Boost is used header-only; SYSTEM keeps its warnings out of ours.
add_library(hub_boost INTERFACE)
target_include_directories(hub_boost SYSTEM INTERFACE "${HUB_BOOST_INCLUDE}")
target_compile_definitions(hub_boost INTERFACE
  BOOST_DLL_USE_STD_FS BOOST_ALLOW_DEPRECATED_HEADERS BOOST_ASIO_NO_DEPRECATED
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION)

add_library(hub_libelf INTERFACE)
target_include_directories(hub_libelf SYSTEM INTERFACE "${HUB_LIBELF_INCLUDE}")
target_link_libraries(hub_libelf INTERFACE "${HUB_LIBELF}")

add_library(hub_libmariadb INTERFACE)
target_include_directories(hub_libmariadb SYSTEM INTERFACE "${HUB_LIBMARIADB_INCLUDE}")
target_link_libraries(hub_libmariadb INTERFACE "${HUB_LIBMARIADB}")
