#!/usr/bin/env bash
# A second plugin needs its folder and one line, nothing elsewhere.
# second_plugin.sh SOURCE BUILD BUILD_TYPE SANITIZERS: makes the vendor "beta" by tools/new_plugin.sh in
# a tree whose sdk/ and cmake/ are those of the project, builds it against the
# libraries of this build, runs its tests and asks the hub's own tool about it. Then looks for any
# vendor's name in the code of hub and SDK: if there were a second place to edit, it would be there.
set -euo pipefail
source=$1 build=$2 build_type=$3 sanitize=${4:-}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT

ln -s "$source/cmake" "$tree/cmake"
ln -s "$source/sdk" "$tree/sdk"
mkdir -p "$tree/plugins" "$tree/tools"
cp "$source/tools/new_plugin.sh" "$tree/tools/"
printf '# One line per vendor.\n# After all vendors: it says that it came last.\nmessage(STATUS "last")\n' \
  >"$tree/plugins/CMakeLists.txt"

# The copy, and the one line, as docs/write-a-plugin.md tells it.
"$tree/tools/new_plugin.sh" beta
diff - "$tree/plugins/CMakeLists.txt" <<'LIST'
# One line per vendor.
add_subdirectory(beta)
# After all vendors: it says that it came last.
message(STATUS "last")
LIST
# Nothing of the template is left in it.
if grep -rniE 'acme|\(template\)|template plugin|plugin to copy' "$tree/plugins/beta"; then exit 1; fi
if "$tree/tools/new_plugin.sh" beta 2>/dev/null || "$tree/tools/new_plugin.sh" ../x 2>/dev/null; then
  echo 'new_plugin.sh took a name that it must not take'
  exit 1
fi

# What stands for the rest of the project: its libraries, as this build made them.
cat >"$tree/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(second LANGUAGES C CXX)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_SOURCE_DIR}/cmake")
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
include(build_types)
include(warnings)
include(sanitizers)
find_package(GTest REQUIRED)
add_library(hub_sdk STATIC IMPORTED)
set_target_properties(hub_sdk PROPERTIES
  IMPORTED_LOCATION "${HUB_BUILD}/sdk/plugin-api/libhub_sdk.a"
  INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_SOURCE_DIR}/sdk/plugin-api/include")
add_library(hub_sdk_testing STATIC IMPORTED)
set_target_properties(hub_sdk_testing PROPERTIES
  IMPORTED_LOCATION "${HUB_BUILD}/sdk/plugin-api/testing/libhub_sdk_testing.a"
  INTERFACE_INCLUDE_DIRECTORIES "${CMAKE_SOURCE_DIR}"
  INTERFACE_LINK_LIBRARIES hub_sdk)
include(hub_test)
include(hub_plugin)
enable_testing()
add_subdirectory(plugins)
CMAKE
cmake -G Ninja -S "$tree" -B "$tree/build" -DCMAKE_BUILD_TYPE="$build_type" \
  -DHUB_SANITIZE="$sanitize" -DHUB_BUILD="$build" >"$tree/configure.log" || { cat "$tree/configure.log" && exit 1; }
ninja -C "$tree/build" -j 2
ctest --test-dir "$tree/build" --output-on-failure --no-tests=error

if [ -x "$build/bin/hubctl" ]; then
  "$build/bin/hubctl" plugin inspect "$tree/build/plugins/beta.so" | grep -F beta >/dev/null
  "$build/bin/hubctl" plugin interpret "$tree/build/plugins/beta.so" \
    "$tree/plugins/beta/testdata/event_finished.delivery.json" | jq -e '.[0].vendor_order_id == "sc_1"'
fi

# Nothing elsewhere: no vendor is named in the code of hub, portal or SDK; tests, comments and the
# examples in hubctl's help apart.
cd "$source"
found=$(for manifest in plugins/*/manifest.json; do
  vendor=$(basename "$(dirname "$manifest")")
  find hub portal-api sdk/plugin-api/include sdk/plugin-api/src -name '*.[ch]pp' \
    ! -name '*_test.cpp' ! -path '*/testing/*' ! -path hub/cli/main.cpp -exec grep -niH "\"[^\"]*$vendor" {} + |
    grep -vE '^[^:]*:[0-9]+: *(//|\*)' || true
done)
if [ -n "$found" ]; then
  printf 'a vendor is named outside its folder:\n%s\n' "$found"
  exit 1
fi
