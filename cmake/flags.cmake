# Compiler flags, chosen by the presets through KG_SANITIZE, KG_HARDEN and KG_FUZZ.
set(KG_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them (address,undefined or thread)")
option(KG_HARDEN "FORTIFY, stack protector and clash protection, PIE, full RELRO" OFF)
option(KG_FUZZ "build the libFuzzer targets (clang)" OFF)

add_compile_options(
  -Wall -Wextra -Werror -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Wformat=2 -Wundef -Wpointer-arith -Wwrite-strings -Wimplicit-fallthrough
  -fno-common)
add_compile_definitions(_GNU_SOURCE "KG_VERSION=\"${PROJECT_VERSION}\"")
add_compile_definitions("KG_SOURCE_DIR=\"${CMAKE_SOURCE_DIR}\"")
include_directories("${CMAKE_SOURCE_DIR}")

if(KG_SANITIZE)
  add_compile_options(-fsanitize=${KG_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${KG_SANITIZE})
endif()

if(KG_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(KG_HARDEN)
  # -fPIE and not CMake's -fPIC: there is no shared library here, and functions that could be replaced
  # from outside are not inlined.
  add_compile_options(-fPIE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong
    -fstack-clash-protection)
  add_link_options(-pie -Wl,-z,relro,-z,now -Wl,-z,noexecstack)
endif()
