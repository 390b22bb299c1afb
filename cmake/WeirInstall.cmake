# weir/core by itself, for other programs: `cmake --install build/release --component core --prefix DIR`, then
# find_package(weir) and link weir::core.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set_target_properties(weir_core PROPERTIES EXPORT_NAME core)
set_target_properties(weir_allocator PROPERTIES EXPORT_NAME allocator)
target_compile_features(weir_core PUBLIC cxx_std_20)
set(WEIR_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/weir)

# What must lie in the executable itself (the allocator's settings, threads that inherit their account) comes as objects.
if(TARGET weir_runtime)
  set_target_properties(weir_runtime PROPERTIES EXPORT_NAME runtime)
  install(TARGETS weir_runtime EXPORT weir_targets COMPONENT core OBJECTS DESTINATION ${CMAKE_INSTALL_LIBDIR}/weir)
endif()
install(TARGETS weir_core weir_allocator EXPORT weir_targets COMPONENT core
        ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY weir/core DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/weir COMPONENT core FILES_MATCHING PATTERN "*.hpp")
install(EXPORT weir_targets NAMESPACE weir:: FILE weir_targets.cmake DESTINATION ${WEIR_CMAKE_DIR} COMPONENT core)
configure_package_config_file(cmake/weirConfig.cmake.in ${CMAKE_BINARY_DIR}/cmake/weirConfig.cmake
                              INSTALL_DESTINATION ${WEIR_CMAKE_DIR})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cmake/weirConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cmake/weirConfig.cmake ${CMAKE_BINARY_DIR}/cmake/weirConfigVersion.cmake
        DESTINATION ${WEIR_CMAKE_DIR} COMPONENT core)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT core)
