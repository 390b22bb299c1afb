# Single modules of OpenCV 4, from Debian's libopencv-<module>-dev packages, which carry no OpenCVConfig.cmake
# (that comes with libopencv-dev and everything it pulls in).
#   find_package(OpenCVMinimal REQUIRED COMPONENTS core video)  →  OpenCVMinimal::core, OpenCVMinimal::video
# Components must be listed in the order in which they build upon each other.
find_path(OpenCVMinimal_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4)
mark_as_advanced(OpenCVMinimal_INCLUDE_DIR)

set(_below "")
foreach(_module ${OpenCVMinimal_FIND_COMPONENTS})
  find_library(OpenCVMinimal_${_module}_LIBRARY opencv_${_module})
  mark_as_advanced(OpenCVMinimal_${_module}_LIBRARY)
  if(OpenCVMinimal_INCLUDE_DIR AND EXISTS ${OpenCVMinimal_INCLUDE_DIR}/opencv2/${_module}.hpp
     AND OpenCVMinimal_${_module}_LIBRARY)
    set(OpenCVMinimal_${_module}_FOUND TRUE)
    if(NOT TARGET OpenCVMinimal::${_module})
      add_library(OpenCVMinimal::${_module} UNKNOWN IMPORTED)
      set_target_properties(OpenCVMinimal::${_module} PROPERTIES
        IMPORTED_LOCATION ${OpenCVMinimal_${_module}_LIBRARY}
        INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${OpenCVMinimal_INCLUDE_DIR}
        INTERFACE_INCLUDE_DIRECTORIES ${OpenCVMinimal_INCLUDE_DIR}
        INTERFACE_LINK_LIBRARIES "${_below}")
    endif()
    list(APPEND _below OpenCVMinimal::${_module})
  endif()
endforeach()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenCVMinimal REQUIRED_VARS OpenCVMinimal_INCLUDE_DIR HANDLE_COMPONENTS)
