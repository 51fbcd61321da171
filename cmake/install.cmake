# Two parts: `dev`, what an engine needs to link the kit (find_package(crashwright), pkg-config crashwright), and
# `runtime`, the programs with their scenarios, manual pages and completions. Both together: cmake --install.
include(CMakePackageConfigHelpers)

install(TARGETS crashwright_base crashwright_postmortem crashwright_postmortem_readers EXPORT crashwright-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(DIRECTORY base postmortem DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/crashwright COMPONENT dev
        FILES_MATCHING PATTERN "*.h")
install(EXPORT crashwright-targets NAMESPACE crashwright:: COMPONENT dev
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crashwright)
configure_package_config_file(cmake/crashwright-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/crashwright-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crashwright
                              PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/crashwright-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/crashwright-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/crashwright-config-version.cmake
              ${CMAKE_CURRENT_SOURCE_DIR}/cmake/crashwright-scenarios.cmake
              ${CMAKE_CURRENT_SOURCE_DIR}/cmake/crashwright-discovery.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crashwright COMPONENT dev)
# The prefix is known when it is installed, not before.
install(CODE "
set(PROJECT_VERSION ${PROJECT_VERSION})
set(CMAKE_INSTALL_LIBDIR ${CMAKE_INSTALL_LIBDIR})
set(CMAKE_INSTALL_INCLUDEDIR ${CMAKE_INSTALL_INCLUDEDIR})
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/crashwright.pc.in
               \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/pkgconfig/crashwright.pc @ONLY)
" COMPONENT dev)

if(TARGET crashwright AND TARGET mock_engine)
  install(TARGETS crashwright crashwright_storage RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  # Not stripped, whatever is asked for: the autopsy of an engine names its functions and lines.
  foreach(engine mock_engine mock_engine_asan mock_engine_planted mock_exchange naive_engine)
    install(PROGRAMS $<TARGET_FILE:${engine}> DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
  endforeach()
  install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/crashwright COMPONENT runtime
          FILES_MATCHING PATTERN "*.yaml")
  include(cmake/pages.cmake)
endif()
include(cmake/package.cmake)
