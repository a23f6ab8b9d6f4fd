# What `cmake --install` puts in place: the command if it was built, the runtime, and the package that
# find_package(Actinide) finds. compiler/jit/CMakeLists.txt adds the just-in-time compiler.
include_guard(GLOBAL)
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package_directory ${CMAKE_INSTALL_LIBDIR}/cmake/Actinide)
install(TARGETS actinide_runtime EXPORT ActinideTargets)
if(ACTINIDE_BUILD_COMPILER)
  install(TARGETS actinide EXPORT ActinideTargets)
endif()
install(FILES ${PROJECT_SOURCE_DIR}/runtime/include/actinide/runtime.h
              ${PROJECT_SOURCE_DIR}/runtime/include/actinide/kernel.h
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/actinide)
install(EXPORT ActinideTargets NAMESPACE Actinide:: DESTINATION ${package_directory})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/ActinideConfig.cmake.in
                              ${PROJECT_BINARY_DIR}/package/ActinideConfig.cmake
                              INSTALL_DESTINATION ${package_directory})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/ActinideConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/package/ActinideConfig.cmake
              ${PROJECT_BINARY_DIR}/package/ActinideConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/ActinideKernels.cmake
        DESTINATION ${package_directory})
