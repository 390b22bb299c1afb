# A room is one directory and one static library. Files find their target by their name:
#   x.cpp → the library, x_test.cpp → the room's test program, x_bench.cpp → its benchmark, x_fuzz.cpp → fuzz targets,
#   x_main.cpp → an executable that the room names itself.
# The list is globbed so that adding a file never means editing a list that others edit too.

function(weir_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;TEST_DEPENDS;BENCH_DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cpp *.hpp)
  set(tests ${sources})
  set(benches ${sources})
  set(fuzzers ${sources})
  list(FILTER sources EXCLUDE REGEX "_(test|bench|fuzz|main)\\.cpp$")
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER benches INCLUDE REGEX "_bench\\.cpp$")
  list(FILTER fuzzers INCLUDE REGEX "_fuzz\\.cpp$")

  add_library(${name} STATIC ${sources})
  target_include_directories(${name} PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}> $<INSTALL_INTERFACE:include>)
  target_link_libraries(${name} PUBLIC ${ROOM_DEPENDS})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)

  if(WEIR_TESTS AND tests)
    add_executable(${name}_tests ${tests})
    # GoogleTest's macros are ifs of their own.
    target_compile_options(${name}_tests PRIVATE -Wno-dangling-else)
    target_link_libraries(${name}_tests PRIVATE ${name} ${ROOM_TEST_DEPENDS} GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${name}_tests TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
                         PROPERTIES TIMEOUT 120 LABELS unit)
  endif()
  if(WEIR_BENCH AND benches)
    find_package(benchmark REQUIRED)
    add_executable(${name}_bench ${benches})
    target_link_libraries(${name}_bench PRIVATE ${name} ${ROOM_BENCH_DEPENDS} benchmark::benchmark_main)
    set_property(GLOBAL APPEND PROPERTY WEIR_PART_BENCHES ${name}_bench)
  endif()
  if(WEIR_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(stem ${file} NAME_WE)
      add_executable(${stem} ${file})
      target_link_libraries(${stem} PRIVATE ${name})
      target_compile_options(${stem} PRIVATE -fsanitize=fuzzer)
      target_link_options(${stem} PRIVATE -fsanitize=fuzzer)
    endforeach()
  endif()
endfunction()
