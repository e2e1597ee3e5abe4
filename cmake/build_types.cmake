# Build types, compiler cache, linker and the hardening flags of TM-SUP.
set(CMAKE_C_FLAGS_DEV "-Og -g1")
set(CMAKE_CXX_FLAGS_DEV "-Og -g1")
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -g1 -DNDEBUG")
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Dev CACHE STRING "Dev or Release" FORCE)
endif()

find_program(HUB_CCACHE ccache)
if(HUB_CCACHE)
  # Precompiled headers only hit the cache with these two sloppiness settings.
  set(launcher "${CMAKE_COMMAND}" -E env
      "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
      "${HUB_CCACHE}")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

find_program(HUB_MOLD mold)
if(HUB_MOLD)
  add_link_options(-fuse-ld=mold)
endif()

add_compile_options(-fstack-protector-strong -fno-omit-frame-pointer)
if(NOT HUB_SANITIZE)
  # Fortify interposes the functions that the sanitizers watch, so it is one or the other.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie")
