# What a user of an installed Pelton finds: headers, library, pkg-config file, CMake package, graphs, manual page.
include(CMakePackageConfigHelpers)

install(TARGETS pelton EXPORT pelton-targets LIBRARY)
install(DIRECTORY DESTINATION ${PELTON_MODULE_INSTALL_DIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/pelton DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} OPTIONAL
	FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/graphs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/pelton/graphs OPTIONAL)
install(FILES ${PROJECT_SOURCE_DIR}/docs/man/pelton.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
install(FILES ${CMAKE_CURRENT_LIST_DIR}/cli/pelton.bash-completion
	DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME pelton OPTIONAL)

# Both descriptions find the prefix from their own place, so an installed tree may be moved.
set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pelton)
install(EXPORT pelton-targets NAMESPACE pelton:: DESTINATION ${cmake_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/pelton-config.cmake.in
	${PROJECT_BINARY_DIR}/pelton-config.cmake
	INSTALL_DESTINATION ${cmake_dir} PATH_VARS PELTON_MODULE_INSTALL_DIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/pelton-config-version.cmake
	COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/pelton-config.cmake ${PROJECT_BINARY_DIR}/pelton-config-version.cmake
	DESTINATION ${cmake_dir})

set(pc_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pc_dir}
	OUTPUT_VARIABLE pc_prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/pelton.pc.in ${PROJECT_BINARY_DIR}/pelton.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/pelton.pc DESTINATION ${pc_dir})
