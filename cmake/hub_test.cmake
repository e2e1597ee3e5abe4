# hub_add_test(NAME SOURCES... LIBS... [LABELS ...]) builds one GoogleTest binary and registers
# each of its tests with CTest. Tests read shared data through HUB_SHARED_DIR and their own
# folder through HUB_SOURCE_DIR.
include(GoogleTest)

# Sanitizers make some tests, such as a thousand loads of a plugin, ten times slower.
set(HUB_TEST_TIMEOUT_S 300)
if(HUB_SANITIZE)
  set(HUB_TEST_TIMEOUT_S 1200)
endif()

# What nearly every test includes, compiled once: GoogleMock and the documents of the SDK alone take
# three seconds a file each.
# An executable, because objects of executables and of libraries differ in their flags. Not for
# clang: clang-tidy reads its commands without building.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  file(WRITE "${CMAKE_BINARY_DIR}/test_pch.cpp" "int main() { return 0; }\n")
  add_executable(hub_test_pch "${CMAKE_BINARY_DIR}/test_pch.cpp")
  target_link_libraries(hub_test_pch PRIVATE hub_warnings GTest::gmock)
  target_include_directories(hub_test_pch PRIVATE "${CMAKE_SOURCE_DIR}/sdk/plugin-api/include")
  target_precompile_headers(hub_test_pch PRIVATE
    <gmock/gmock.h> <hubsdk/model/flow.hpp> <chrono> <functional> <map> <memory> <optional> <string> <variant> <vector>)
endif()

function(hub_add_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS;LABELS;DEFINITIONS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} hub_warnings GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    HUB_SHARED_DIR="${HUB_SHARED_DIR}" HUB_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    HUB_BUILD_DIR="${CMAKE_BINARY_DIR}" ${arg_DEFINITIONS})
  # CMake 3.25 cannot lend it to a target that has C files too.
  if(TARGET hub_test_pch AND NOT "${arg_SOURCES}" MATCHES "\\.c(;|$)")
    target_precompile_headers(${name} REUSE_FROM hub_test_pch)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}: "
    PROPERTIES TIMEOUT ${HUB_TEST_TIMEOUT_S} LABELS "${arg_LABELS}")
endfunction()

# hub_test_on_mariadb(NAME): the same tests once more, on a MariaDB server that each test starts for
# itself. Suites whose name begins with Sqlite or Mariadb choose their database themselves.
function(hub_test_on_mariadb name)
  cmake_parse_arguments(arg "" "" "LABELS" ${ARGN})
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name} on MariaDB: "
    TEST_FILTER "-Sqlite*:Mariadb*"
    PROPERTIES ENVIRONMENT "HUB_TEST_STORAGE=mariadb" TIMEOUT ${HUB_TEST_TIMEOUT_S} LABELS "${arg_LABELS}")
endfunction()
