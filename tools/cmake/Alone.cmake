# SPDX-License-Identifier: AGPL-3.0-or-later
# lib/mls for those who want nothing else of the house: component "mls" of the
# installation. One archive with one object, put together from what mls needs of
# crypto and base. Only the functions that the installed headers declare can be
# seen from outside (lib/mls/alone/exports); those with general names, such as
# buf_free, carry our own in the archive, so that they do not meet a function of
# the program: base/names.h, which is made here, tells the compiler.
set(alone_headers base/buf.h base/bytes.h base/err.h crypto/dh.h
    crypto/random.h crypto/sign.h mls/group.h mls/key_package.h mls/types.h)

# Writes a file of one line per name, made of pattern.
function(pristan_alone_list file head pattern names tail)
  set(text "${head}")
  foreach(name ${names})
    string(REPLACE "NAME" ${name} line "${pattern}")
    string(APPEND text "${line}\n")
  endforeach()
  file(CONFIGURE OUTPUT ${file} CONTENT "${text}${tail}" @ONLY)
endfunction()

# The headers as they are installed: each includes base/names.h first.
function(pristan_alone_headers folder)
  foreach(header ${alone_headers})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
                 ${CMAKE_SOURCE_DIR}/include/${header})
    file(READ ${CMAKE_SOURCE_DIR}/include/${header} text)
    string(REGEX REPLACE "(#define [A-Z0-9_]+_H\n)"
           "\\1\n#include \"base/names.h\"\n" text "${text}")
    file(CONFIGURE OUTPUT ${folder}/${header} CONTENT "${text}" @ONLY)
  endforeach()
endfunction()

function(pristan_alone)
  set(from ${CMAKE_SOURCE_DIR}/lib/mls/alone)
  set(to ${CMAKE_BINARY_DIR}/alone)
  file(STRINGS ${from}/exports exports REGEX "^[a-z]")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
               ${from}/exports)
  set(general ${exports})
  list(FILTER general EXCLUDE REGEX "^mls_")
  set(own ${exports})
  list(FILTER own INCLUDE REGEX "^mls_")
  list(TRANSFORM general PREPEND pristan_ OUTPUT_VARIABLE renamed)
  pristan_alone_list(${to}/include/base/names.h
"/* SPDX-License-Identifier: Apache-2.0 */
/* What the general names of the library are in its archive. */
#ifndef BASE_NAMES_H
#define BASE_NAMES_H

" "#define NAME pristan_NAME" "${general}" "\n#endif\n")
  pristan_alone_list(${to}/renamed "" "NAME pristan_NAME" "${general}" "")
  pristan_alone_list(${to}/kept "" "NAME" "${own};${renamed}" "")
  pristan_alone_headers(${to}/include)

  set(archive ${to}/libpristan-mls.a)
  list(TRANSFORM exports PREPEND --undefined= OUTPUT_VARIABLE wanted)
  add_custom_command(OUTPUT ${archive}
    COMMAND ${CMAKE_LINKER} -r ${wanted} -o whole.o $<TARGET_FILE:mls>
            $<TARGET_FILE:crypto> $<TARGET_FILE:base>
    COMMAND ${CMAKE_OBJCOPY} --strip-debug --redefine-syms=renamed whole.o
            named.o
    COMMAND ${CMAKE_OBJCOPY} --keep-global-symbols=kept named.o pristan-mls.o
    COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
    COMMAND ${CMAKE_AR} qcsD ${archive} pristan-mls.o
    DEPENDS mls crypto base ${to}/renamed ${to}/kept
    WORKING_DIRECTORY ${to} COMMENT "Making libpristan-mls.a" VERBATIM)
  add_custom_target(pristan-mls ALL DEPENDS ${archive})

  include(GNUInstallDirs)
  set(pkgconfig ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
  file(RELATIVE_PATH UP /p/${pkgconfig} /p)
  string(REGEX REPLACE "/$" "" UP "${UP}")
  configure_file(${from}/pristan-mls.pc.in ${to}/pristan-mls.pc @ONLY)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/pristan-mls)
  configure_file(${from}/pristan-mls-config.cmake.in
                 ${to}/pristan-mls-config.cmake @ONLY)
  include(CMakePackageConfigHelpers)
  write_basic_package_version_file(${to}/pristan-mls-config-version.cmake
                                   COMPATIBILITY SameMinorVersion)
  install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT mls)
  install(DIRECTORY ${to}/include/
          DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/pristan COMPONENT mls)
  install(FILES ${to}/pristan-mls.pc DESTINATION ${pkgconfig} COMPONENT mls)
  install(FILES ${to}/pristan-mls-config.cmake
          ${to}/pristan-mls-config-version.cmake
          DESTINATION ${package} COMPONENT mls)
  install(FILES ${CMAKE_SOURCE_DIR}/lib/mls/README.md
          ${CMAKE_SOURCE_DIR}/LICENSES/Apache-2.0.txt
          DESTINATION ${CMAKE_INSTALL_DOCDIR}-mls COMPONENT mls)
endfunction()
