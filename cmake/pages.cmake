# Manual pages and completions, made by the program that was just built, so that they say what it does.
set(pages ${CMAKE_CURRENT_BINARY_DIR}/pages)
add_custom_command(OUTPUT ${pages}/made
                   COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:crashwright> -DPAGES=${pages}
                           -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/make-pages.cmake
                   DEPENDS crashwright cmake/make-pages.cmake
                   COMMENT "Writing manual pages and completions")
add_custom_target(crashwright_pages ALL DEPENDS ${pages}/made)
install(DIRECTORY ${pages}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT runtime)
install(FILES ${pages}/crashwright.bash RENAME crashwright COMPONENT runtime
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${pages}/_crashwright DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT runtime)
install(FILES ${pages}/crashwright.fish COMPONENT runtime
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
