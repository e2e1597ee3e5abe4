# HUB_SANITIZE names the sanitizers of the whole build: "address,undefined" or "thread".
set(HUB_SANITIZE "" CACHE STRING "Sanitizers for the whole build")
if(HUB_SANITIZE)
  add_compile_options(-fsanitize=${HUB_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${HUB_SANITIZE})
  add_compile_definitions(HUB_SANITIZED=1)
endif()
