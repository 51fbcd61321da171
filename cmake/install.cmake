# What an engine needs from an install tree: the kit and its readers, found by find_package(crashwright).
include(CMakePackageConfigHelpers)

install(TARGETS crashwright_base crashwright_postmortem crashwright_postmortem_readers EXPORT crashwright-targets
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY base postmortem DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/crashwright
        FILES_MATCHING PATTERN "*.h")
install(EXPORT crashwright-targets NAMESPACE crashwright:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crashwright)
configure_package_config_file(cmake/crashwright-config.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/crashwright-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crashwright)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/crashwright-config-version.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/crashwright-config.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/crashwright-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/crashwright)
if(TARGET crashwright AND TARGET mock_engine)
  install(TARGETS crashwright crashwright_storage mock_engine mock_engine_asan mock_exchange
          RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  install(DIRECTORY scenarios DESTINATION ${CMAKE_INSTALL_DATADIR}/crashwright)
endif()
