# SPDX-License-Identifier: AGPL-3.0-or-later
# Debian packages by CPack: pristan and pristan-relay (./dev package).
include(GNUInstallDirs)

# docs/man/<page>.in with what a program says of itself, compressed as the
# distribution wants it.
function(pristan_manual page component)
  string(REGEX MATCH "[0-9]$" section ${page})
  set(out ${CMAKE_BINARY_DIR}/manual/${page}.gz)
  set(program "")
  if(ARGN)
    set(program $<TARGET_FILE:${ARGN}>)
  endif()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/manual)
  add_custom_command(OUTPUT ${out}
    DEPENDS ${CMAKE_SOURCE_DIR}/docs/man/${page}.in ${ARGN}
            ${CMAKE_SOURCE_DIR}/tools/manual ${CMAKE_SOURCE_DIR}/tools/help-table
    COMMAND ${CMAKE_SOURCE_DIR}/tools/manual
            ${CMAKE_SOURCE_DIR}/docs/man/${page}.in ${program} |
            gzip -9nc > ${out})
  add_custom_target(manual_${page} ALL DEPENDS ${out})
  install(FILES ${out} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
          COMPONENT ${component})
endfunction()

# What a program says of its own options, in the words of three shells.
function(pristan_completion program)
  set(out ${CMAKE_BINARY_DIR}/completion)
  set(files ${out}/${program}.bash ${out}/_${program} ${out}/${program}.fish)
  add_custom_command(OUTPUT ${files} DEPENDS ${program}
    ${CMAKE_SOURCE_DIR}/tools/completion ${CMAKE_SOURCE_DIR}/tools/help-table
    COMMAND ${CMAKE_SOURCE_DIR}/tools/completion $<TARGET_FILE:${program}>
            ${program} ${out})
  add_custom_target(completion_${program} ALL DEPENDS ${files})
  install(FILES ${out}/${program}.bash RENAME ${program}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
          COMPONENT ${program})
  install(FILES ${out}/_${program}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
          COMPONENT ${program})
  install(FILES ${out}/${program}.fish
          DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
          COMPONENT ${program})
endfunction()

pristan_manual(pristan.1 pristan pristan)
pristan_manual(pristan-link.7 pristan)
pristan_manual(pristan-relay.8 pristan-relay pristan-relay)
pristan_manual(pristan-relay.conf.5 pristan-relay pristan-relay)
pristan_completion(pristan)
pristan_completion(pristan-relay)

# The configuration file with every key commented out, as the program prints it.
add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/relay.conf DEPENDS pristan-relay
  COMMAND pristan-relay config example > ${CMAKE_BINARY_DIR}/relay.conf)
add_custom_target(example_configuration ALL DEPENDS ${CMAKE_BINARY_DIR}/relay.conf)

# The service belongs to packages; who installs by hand decides for themselves.
if(PRISTAN_PACKAGE)
  install(FILES ${CMAKE_BINARY_DIR}/relay.conf DESTINATION /etc/pristan
          COMPONENT pristan-relay)
  install(DIRECTORY DESTINATION /etc/pristan/relay.conf.d COMPONENT pristan-relay)
  install(FILES ${CMAKE_SOURCE_DIR}/server/package/pristan-relay.service
                ${CMAKE_SOURCE_DIR}/server/package/pristan-relay.socket
          DESTINATION lib/systemd/system COMPONENT pristan-relay)
  add_custom_command(OUTPUT ${CMAKE_BINARY_DIR}/changelog.Debian.gz
    DEPENDS ${CMAKE_SOURCE_DIR}/server/package/changelog
    COMMAND gzip -9nc ${CMAKE_SOURCE_DIR}/server/package/changelog >
            ${CMAKE_BINARY_DIR}/changelog.Debian.gz)
  add_custom_target(changelog ALL DEPENDS ${CMAKE_BINARY_DIR}/changelog.Debian.gz)
  foreach(component pristan pristan-relay)
    install(FILES ${CMAKE_SOURCE_DIR}/server/package/copyright
                  ${CMAKE_BINARY_DIR}/changelog.Debian.gz
            DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${component}
            COMPONENT ${component})
  endforeach()
  install(FILES docs/OPERATING.md docs/FRONTS.md OPTIONAL
          DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/pristan-relay
          COMPONENT pristan-relay)
  install(FILES docs/CLI.md DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/pristan
          COMPONENT pristan)
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pristan)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
    "chat where newcomers ask and volunteers answer")
set(CPACK_PACKAGE_CONTACT "Pristan maintainers <maintainers@pristan.invalid>")
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_COMPONENTS_ALL pristan pristan-relay)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_PRISTAN_PACKAGE_NAME pristan)
set(CPACK_COMPONENT_PRISTAN_DESCRIPTION
"Closed groups (MLS), a desk that strangers can ask from a link, and a
relay that can read nothing. This is the program for newcomers and
volunteers.")
set(CPACK_DEBIAN_PRISTAN-RELAY_PACKAGE_NAME pristan-relay)
set(CPACK_DEBIAN_PRISTAN-RELAY_PACKAGE_DEPENDS adduser)
set(CPACK_DEBIAN_PRISTAN-RELAY_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/server/package/postinst
    ${CMAKE_SOURCE_DIR}/server/package/prerm
    ${CMAKE_SOURCE_DIR}/server/package/postrm
    ${CMAKE_SOURCE_DIR}/server/package/conffiles)
set(CPACK_COMPONENT_PRISTAN-RELAY_DESCRIPTION
"The relay: it keeps sealed messages for groups that it knows nothing
about. No users, no accounts, nothing to configure. It starts when it is
installed; 'pristan-relay invite' prints its link.")
include(CPack)
