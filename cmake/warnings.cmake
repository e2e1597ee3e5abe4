# Warnings are errors: a warning that may be ignored is a warning nobody reads.
add_library(hub_warnings INTERFACE)
target_compile_options(hub_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast>)
