# What a user of an installed Pelton finds: headers, library, pkg-config file, CMake package, graphs, manual page.
include(CMakePackageConfigHelpers)

install(TARGETS pelton EXPORT pelton-targets LIBRARY)
install(DIRECTORY DESTINATION ${PELTON_MODULE_INSTALL_DIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/pelton DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} OPTIONAL
	FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/graphs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/pelton/graphs OPTIONAL)
foreach(section 1 5)
	file(GLOB pages CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/docs/man/*.${section})
	install(FILES ${pages} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()

# Manual pages of section 3, one a header and one a struct, with a link for each function: by Doxygen, where it is there.
find_program(DOXYGEN doxygen)
if(DOXYGEN)
	set(man3 ${PROJECT_BINARY_DIR}/man)
	configure_file(${PROJECT_SOURCE_DIR}/docs/man/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
	file(GLOB public_headers CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/include/pelton/*.h)
	add_custom_command(OUTPUT ${man3}/made
		COMMAND ${CMAKE_COMMAND} -E rm -rf ${man3}
		COMMAND ${CMAKE_COMMAND} -E make_directory ${man3}
		COMMAND ${DOXYGEN} ${PROJECT_BINARY_DIR}/Doxyfile
		COMMAND sh -c "sed -i -E -f '${PROJECT_SOURCE_DIR}/docs/man/pages.sed' '${man3}'/man3/*.3"
		COMMAND ${CMAKE_COMMAND} -E touch ${man3}/made
		DEPENDS ${public_headers} ${PROJECT_SOURCE_DIR}/docs/man/headers.sed ${PROJECT_SOURCE_DIR}/docs/man/pages.sed
			${PROJECT_BINARY_DIR}/Doxyfile
		COMMENT "Manual pages of section 3" VERBATIM)
	add_custom_target(pelton-man3 ALL DEPENDS ${man3}/made)
	# Doxygen also makes pages for members, under names that are anybody's.
	install(DIRECTORY ${man3}/man3 DESTINATION ${CMAKE_INSTALL_MANDIR}
		FILES_MATCHING PATTERN "pel_*.3" PATTERN "PEL_*.3" PATTERN "pelton_*.3")
else()
	message(STATUS "doxygen is not there: manual pages of section 3 are not made")
endif()
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
