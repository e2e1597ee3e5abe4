# hub_add_plugin(NAME SOURCES ... [TESTS ...] [LIBS ...] [MANIFEST file] [FIXTURES dir])
#   NAME_objects   object library, which unit tests link
#   NAME           the module build/<preset>/plugins/NAME.so: hidden visibility, version script,
#                  -z defs, manifest and fixtures embedded
#   tests          that the entry is the only exported name, and the unit tests of TESTS
# Adding a vendor is its folder and one line in plugins/CMakeLists.txt.
enable_language(ASM)
function(hub_add_plugin name)
  cmake_parse_arguments(arg "" "MANIFEST;FIXTURES;OUTPUT_DIRECTORY" "SOURCES;TESTS;LIBS" ${ARGN})
  if(NOT arg_MANIFEST)
    set(arg_MANIFEST "${CMAKE_CURRENT_SOURCE_DIR}/manifest.json")
  endif()
  if(NOT arg_OUTPUT_DIRECTORY)
    set(arg_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/plugins")
  endif()
  set(plugin_manifest "${arg_MANIFEST}")
  set(plugin_fixtures "${CMAKE_CURRENT_BINARY_DIR}/${name}_fixtures.tar.gz")
  set(fixture_files "")
  if(arg_FIXTURES)
    file(GLOB_RECURSE fixture_files CONFIGURE_DEPENDS RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}"
         "${arg_FIXTURES}/*")
  endif()
  cmake_path(RELATIVE_PATH arg_MANIFEST BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
             OUTPUT_VARIABLE manifest_file)
  add_custom_command(OUTPUT "${plugin_fixtures}"
    COMMAND "${CMAKE_SOURCE_DIR}/cmake/pack_fixtures.sh" "${plugin_fixtures}" "${manifest_file}"
            ${fixture_files}
    WORKING_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}"
    DEPENDS "${arg_MANIFEST}" ${fixture_files} "${CMAKE_SOURCE_DIR}/cmake/pack_fixtures.sh" VERBATIM)
  set(sections "${CMAKE_CURRENT_BINARY_DIR}/${name}_sections.S")
  configure_file("${CMAKE_SOURCE_DIR}/cmake/plugin_sections.S.in" "${sections}" @ONLY)
  set_source_files_properties("${sections}" PROPERTIES
    OBJECT_DEPENDS "${arg_MANIFEST};${plugin_fixtures}")

  add_library(${name}_objects OBJECT ${arg_SOURCES})
  target_link_libraries(${name}_objects PUBLIC hub_sdk ${arg_LIBS} PRIVATE hub_warnings)
  target_include_directories(${name}_objects PUBLIC "${CMAKE_SOURCE_DIR}")
  set_target_properties(${name}_objects PROPERTIES
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)

  add_library(${name} MODULE "${sections}")
  target_link_libraries(${name} PRIVATE ${name}_objects)
  set_target_properties(${name} PROPERTIES
    PREFIX "" LIBRARY_OUTPUT_DIRECTORY "${arg_OUTPUT_DIRECTORY}"
    LINK_DEPENDS "${CMAKE_SOURCE_DIR}/cmake/plugin.map")
  target_link_options(${name} PRIVATE
    "-Wl,--version-script=${CMAKE_SOURCE_DIR}/cmake/plugin.map")
  if(NOT HUB_SANITIZE)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()

  add_test(NAME "${name}: exports only its entry"
    COMMAND "${CMAKE_COMMAND}" -DPLUGIN=$<TARGET_FILE:${name}>
            -P "${CMAKE_SOURCE_DIR}/cmake/check_exports.cmake")
  set_property(GLOBAL APPEND PROPERTY HUB_PLUGINS ${name})
  if(arg_TESTS)
    hub_add_test(${name}_test SOURCES ${arg_TESTS} "${sections}"
      LIBS ${name}_objects hub_sdk_testing DEFINITIONS HUB_PLUGIN_FILE="$<TARGET_FILE:${name}>")
    add_dependencies(${name}_test ${name})
  endif()
endfunction()
