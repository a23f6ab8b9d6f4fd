include(CMakeFindDependencyMacro)
find_dependency(Actinide)
include(${CMAKE_CURRENT_LIST_DIR}/NetworkTargets.cmake)
