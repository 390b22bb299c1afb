# Builds weir/core alone, installs it into an empty prefix, and builds and runs the examples against nothing else.
# cmake -DSOURCE=… -DWORK=… -P examples.cmake
set(said_01_pool_and_channel "1000 frames: .* 0 refused.*6 slots: 1000 leases acquired, 1000 released, 0 outstanding")
set(said_02_exclusive_engine "30000 entries, at most 1 inside, 0 wrong answers")
set(said_03_ledger "index +8\\.[0-9] MiB live.*thumbnails +32\\.[0-9] MiB live.*unaccounted +[0-9.]+ MiB")

function(run what)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${what}: ${status}\n${out}")
  endif()
  set(output "${out}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK}/prefix ${WORK}/examples)
run("configuring the core" ${CMAKE_COMMAND} -G Ninja -S ${SOURCE} -B ${WORK}/core -DCMAKE_BUILD_TYPE=Release
    -DWEIR_CORE_ONLY=ON -DWEIR_TESTS=OFF)
run("building the core" ${CMAKE_COMMAND} --build ${WORK}/core -j 2)
run("installing the core" ${CMAKE_COMMAND} --install ${WORK}/core --prefix ${WORK}/prefix --component core)

file(GLOB examples RELATIVE ${SOURCE}/examples ${SOURCE}/examples/*/CMakeLists.txt)
foreach(file ${examples})
  get_filename_component(name ${file} DIRECTORY)
  if(NOT DEFINED said_${name})
    message(FATAL_ERROR "examples/${name}: nothing says here what it has to print")
  endif()
  # Copied out of the tree, so that no header is found by accident.
  file(COPY ${SOURCE}/examples/${name} DESTINATION ${WORK}/examples)
  string(REGEX REPLACE "^[0-9]+_" "" program ${name})
  run("configuring ${name}" ${CMAKE_COMMAND} -G Ninja -S ${WORK}/examples/${name} -B ${WORK}/examples/${name}/build
      -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_FLAGS=-Wall\ -Wextra\ -Werror)
  run("building ${name}" ${CMAKE_COMMAND} --build ${WORK}/examples/${name}/build)
  run("running ${name}" ${WORK}/examples/${name}/build/${program})
  if(NOT output MATCHES "${said_${name}}")
    message(FATAL_ERROR "${name} did not print what it should:\n${output}")
  endif()
  message(STATUS "${name}\n${output}")
endforeach()
