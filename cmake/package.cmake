# `cpack -G DEB` in the build tree: crashwright_*.deb with the programs, libcrashwright-dev_*.deb with the kit.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME crashwright)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Crashwright maintainers <crashwright@example.org>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL runtime dev)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)

set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME crashwright)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS "fuse3, gdb, zstd")
set(CPACK_DEBIAN_RUNTIME_DESCRIPTION "chaos and fault-injection harness for trading engines
 Kills a trading engine in every way that matters and proves what is left: the
 core is there and readable, the log holds every committed record, the books
 are right, the audit trail replays, the root cause is named, and nothing was
 sent to the exchange twice.")
set(CPACK_COMPONENT_RUNTIME_DESCRIPTION "${CPACK_DEBIAN_RUNTIME_DESCRIPTION}")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libcrashwright-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_SHLIBDEPS OFF)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "liburing-dev, libexpected-dev, libfmt-dev")
set(CPACK_DEBIAN_DEV_PACKAGE_SUGGESTS "crashwright")
set(CPACK_COMPONENT_DEV_DESCRIPTION "what a trading engine links so that its death can be looked into
 Crash handler, flight recorder, order audit log, state store, watchdog and
 fault points, and the readers of what they write.")

# What Debian wants to find of a package: its licence, its changes, and why some programs are not stripped.
foreach(part runtime dev)
  string(TOUPPER ${part} PART)
  set(name ${CPACK_DEBIAN_${PART}_PACKAGE_NAME})
  set(doc ${CMAKE_INSTALL_DATADIR}/doc/${name})
  install(FILES cmake/debian/copyright DESTINATION ${doc} COMPONENT ${part})
  install(FILES cmake/debian/${name}.overrides RENAME ${name} COMPONENT ${part}
          DESTINATION ${CMAKE_INSTALL_DATADIR}/lintian/overrides)
  set(changes ${CMAKE_CURRENT_BINARY_DIR}/debian/${name}/changelog.Debian)
  configure_file(cmake/debian/changelog.in ${changes} @ONLY)
  execute_process(COMMAND gzip -9nkf ${changes})
  install(FILES ${changes}.gz DESTINATION ${doc} COMPONENT ${part})
endforeach()
include(CPack)
