# Tests of the tree itself: that the includes point down, that weir/core can be used alone, that a release is one.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

add_test(NAME tree.includes_point_down COMMAND ${Python3_EXECUTABLE} cmake/checks/includes.py .
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME tree.planted_includes_are_refused COMMAND ${Python3_EXECUTABLE} cmake/checks/includes_test.py
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME tree.every_guarantee_names_a_test COMMAND ${Python3_EXECUTABLE} cmake/checks/guarantees.py .
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME tree.dev_says_how_it_is_used COMMAND ${CMAKE_SOURCE_DIR}/cmake/checks/dev_test.sh)
add_test(NAME tree.the_spatial_bench_concludes_rightly COMMAND ${Python3_EXECUTABLE} bench/spatial_test.py
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
add_test(NAME tree.the_read_bench_concludes_rightly COMMAND ${Python3_EXECUTABLE} bench/read_test.py
         WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(tree.includes_point_down tree.planted_includes_are_refused tree.every_guarantee_names_a_test
                     tree.dev_says_how_it_is_used tree.the_spatial_bench_concludes_rightly
                     tree.the_read_bench_concludes_rightly
                     PROPERTIES LABELS tree TIMEOUT 120)

add_test(NAME tree.examples_build_against_an_installed_core
         COMMAND ${CMAKE_COMMAND} -DSOURCE=${CMAKE_SOURCE_DIR} -DWORK=${CMAKE_BINARY_DIR}/install_test
                 -P ${CMAKE_SOURCE_DIR}/cmake/checks/examples.cmake)
set_tests_properties(tree.examples_build_against_an_installed_core PROPERTIES LABELS install TIMEOUT 900)

if(TARGET weir_traps AND NOT WEIR_SANITIZE)
  add_test(NAME tree.a_release_contains_no_test_hooks
           COMMAND ${CMAKE_SOURCE_DIR}/cmake/checks/no_test_hooks.sh ${CMAKE_SOURCE_DIR}/build/release
                   $<TARGET_FILE:weir_core_tests>)
  set_tests_properties(tree.a_release_contains_no_test_hooks PROPERTIES LABELS tree TIMEOUT 120 SKIP_RETURN_CODE 77)
endif()

# The parts of the page that need no browser. ./dev installs what they need (npm ci).
if(WEIR_PAGE AND NOT WEIR_SANITIZE AND EXISTS ${CMAKE_SOURCE_DIR}/web/node_modules)
  find_program(WEIR_NODE node REQUIRED)
  add_test(NAME page.unit_tests COMMAND ${WEIR_NODE} scripts/test.mjs WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/web)
  set_tests_properties(page.unit_tests PROPERTIES LABELS unit TIMEOUT 300)
endif()
