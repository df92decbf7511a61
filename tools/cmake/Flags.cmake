# SPDX-License-Identifier: AGPL-3.0-or-later
# Warnings, hardening, sanitizers: the same for every target of the house.
set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Kind of build" FORCE)
endif()

add_library(house_flags INTERFACE)
target_compile_definitions(house_flags INTERFACE _GNU_SOURCE)
# assert stays on, whatever the kind of build says
target_compile_options(house_flags INTERFACE -UNDEBUG)
target_compile_options(house_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wcast-qual
  -Wwrite-strings -Wpointer-arith -Wundef -Wvla -Walloca -Wformat=2
  -Wswitch-enum -Wimplicit-fallthrough -Wnull-dereference -Wdouble-promotion
  -Werror
  -fstack-protector-strong -fstack-clash-protection -fcf-protection=full
  -fno-strict-aliasing -fno-strict-overflow -fno-delete-null-pointer-checks
  -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(house_flags INTERFACE -ftrivial-auto-var-init=zero)
else()
  # clang 14 has no =zero; the pattern finds what zero would hide
  target_compile_options(house_flags INTERFACE -ftrivial-auto-var-init=pattern)
endif()
if(PRISTAN_SANITIZE)
  target_compile_options(house_flags INTERFACE
    -fsanitize=${PRISTAN_SANITIZE} -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  string(REPLACE ",fuzzer-no-link" "" link_sanitize "${PRISTAN_SANITIZE}")
  target_link_options(house_flags INTERFACE -fsanitize=${link_sanitize})
elseif(NOT PRISTAN_COVERAGE)
  target_compile_options(house_flags INTERFACE
    -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
endif()
if(PRISTAN_COVERAGE)
  target_compile_options(house_flags INTERFACE --coverage)
  target_link_options(house_flags INTERFACE --coverage)
endif()
if(PRISTAN_HOOKS)
  target_compile_definitions(house_flags INTERFACE PRISTAN_HOOKS)
endif()
target_link_options(house_flags INTERFACE
  -pie -Wl,-z,relro,-z,now,-z,noexecstack,-z,separate-code)
