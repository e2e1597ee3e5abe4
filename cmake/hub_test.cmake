# hub_add_test(NAME SOURCES... LIBS... [LABELS ...]) builds one GoogleTest binary and registers
# each of its tests with CTest. Tests read shared data through HUB_SHARED_DIR and their own
# folder through HUB_SOURCE_DIR.
include(GoogleTest)
function(hub_add_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LIBS;LABELS;DEFINITIONS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBS} hub_warnings GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE
    HUB_SHARED_DIR="${HUB_SHARED_DIR}" HUB_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
    HUB_BUILD_DIR="${CMAKE_BINARY_DIR}" ${arg_DEFINITIONS})
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name}: "
    PROPERTIES TIMEOUT 300 LABELS "${arg_LABELS}")
endfunction()

# hub_test_on_mariadb(NAME): the same tests once more, on a MariaDB server that each test starts for
# itself. Suites whose name begins with Sqlite or Mariadb choose their database themselves.
function(hub_test_on_mariadb name)
  cmake_parse_arguments(arg "" "" "LABELS" ${ARGN})
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST TEST_PREFIX "${name} on MariaDB: "
    TEST_FILTER "-Sqlite*:Mariadb*"
    PROPERTIES ENVIRONMENT "HUB_TEST_STORAGE=mariadb" TIMEOUT 300 LABELS "${arg_LABELS}")
endfunction()
