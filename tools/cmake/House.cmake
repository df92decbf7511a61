# SPDX-License-Identifier: AGPL-3.0-or-later
# The directions of the house. A library's contracts are in include/<name>/ and
# are written "#include "<name>/x.h"". Each such folder is reachable only through
# its own gate, build/gates/<name>/<name> -> include/<name>, and a gate is on the
# include path only of those who link the library: what is not linked cannot be
# included.
#
#   pristan_library(NAME FOLDER f [SHOWS libs] [HIDES libs] [WITHOUT files])
#     SHOWS  libraries that its public headers use: passed on to its users
#     HIDES  libraries that only its sources use
#     WITHOUT  sources that stay out
function(pristan_library name)
  cmake_parse_arguments(P "" "FOLDER" "SHOWS;HIDES;WITHOUT" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${P_FOLDER}/*.c)
  list(TRANSFORM P_WITHOUT PREPEND ${CMAKE_SOURCE_DIR}/${P_FOLDER}/)
  list(REMOVE_ITEM sources ${P_WITHOUT})
  add_library(${name} STATIC ${sources})
  if(EXISTS ${CMAKE_SOURCE_DIR}/include/${name})
    set(gate ${CMAKE_BINARY_DIR}/gates/${name})
    file(MAKE_DIRECTORY ${gate})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/include/${name} ${gate}/${name} SYMBOLIC)
    target_include_directories(${name} PUBLIC ${gate})
  endif()
  target_link_libraries(${name} PUBLIC ${P_SHOWS}
                        PRIVATE ${P_HIDES} $<BUILD_INTERFACE:house_flags>)
endfunction()

#   pristan_program(NAME FOLDER f [LINKS libs])
function(pristan_program name)
  cmake_parse_arguments(P "" "FOLDER" "LINKS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${P_FOLDER}/*.c)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE ${P_LINKS} house_flags)
  target_compile_definitions(${name} PRIVATE
                             PRISTAN_VERSION="${PROJECT_VERSION}")
  install(TARGETS ${name} RUNTIME COMPONENT ${name})
endfunction()

#   pristan_unit_tests(LIBRARY [LINKS libs]): one program per
#   tests/unit/<library>/test_*.c. Tests may look at private headers, as
#   "lib/mls/tree.h".
function(pristan_unit_tests library)
  cmake_parse_arguments(P "" "" "LINKS" ${ARGN})
  file(GLOB files CONFIGURE_DEPENDS
       ${CMAKE_SOURCE_DIR}/tests/unit/${library}/test_*.c)
  foreach(file ${files})
    get_filename_component(base ${file} NAME_WE)
    pristan_test(${library}_${base} ${file} LINKS ${library} ${P_LINKS})
  endforeach()
endfunction()

#   pristan_test(NAME sources... [LINKS libs] [ARGS words] [TIMEOUT seconds])
function(pristan_test name)
  cmake_parse_arguments(P "" "TIMEOUT" "LINKS;ARGS" ${ARGN})
  if(NOT P_TIMEOUT)
    set(P_TIMEOUT 900) # what hangs; a slow machine takes its time
  endif()
  add_executable(${name} ${P_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PRIVATE
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${P_LINKS} test_support cmocka
                        house_flags)
  target_compile_definitions(${name} PRIVATE
    SHARED_VECTORS="${CMAKE_SOURCE_DIR}/../shared/vectors")
  add_test(NAME ${name} COMMAND ${name} ${P_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${P_TIMEOUT})
endfunction()

#   pristan_fuzz(NAME files... [LINKS libs] [DEFINES words] [DICT name]
#                [MAX_LEN bytes] [PROCESS] [NULL_CRYPTO])
#   tests/fuzz/<files> with LLVMFuzzerTestOneInput. With PRISTAN_FUZZ a libFuzzer
#   program, and beside it NAME.fuzz, which tells tools/fuzz how to run it;
#   otherwise a plain main replays tests/fuzz/corpus/<NAME>/ as an ordinary test.
#     DICT         tests/fuzz/dict/<name>.dict
#     MAX_LEN      of an input; without it 70000
#     PROCESS      a state machine: slow, has a number of runs of its own
#     NULL_CRYPTO  with the crypto of lib/crypto/null in place of the real one
function(pristan_fuzz name)
  cmake_parse_arguments(P "PROCESS;NULL_CRYPTO" "DICT;MAX_LEN"
                        "LINKS;DEFINES" ${ARGN})
  if(NOT P_MAX_LEN)
    set(P_MAX_LEN 70000)
  endif()
  set(files ${P_UNPARSED_ARGUMENTS})
  if(P_NULL_CRYPTO)
    # objects come before any library: the real ones are not taken then
    list(APPEND files $<TARGET_OBJECTS:crypto_null>)
    list(APPEND P_DEFINES PRISTAN_NULL_CRYPTO)
  endif()
  if(PRISTAN_FUZZ)
    add_executable(fuzz_${name} ${files})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
    set(kind decoder)
    if(P_PROCESS)
      set(kind process)
    endif()
    file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.fuzz
         "${kind} ${P_MAX_LEN} ${P_DICT}\n")
  else()
    add_executable(fuzz_${name} ${files} ${CMAKE_SOURCE_DIR}/tests/fuzz/replay.c)
    add_test(NAME fuzz_${name} COMMAND fuzz_${name}
             ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name})
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 300)
  endif()
  target_compile_definitions(fuzz_${name} PRIVATE ${P_DEFINES})
  target_include_directories(fuzz_${name} PRIVATE
    ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(fuzz_${name} PRIVATE ${P_LINKS} house_flags)
endfunction()
