# Links the page into the server: every file compressed with gzip and included by the assembler.
# As a module it gives weir_embed_page(target); run with -P it does the embedding at build time.

if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(WEIR_EMBED_SCRIPT ${CMAKE_CURRENT_LIST_FILE})

  # Adds page_assets() to `target`. Without the page (WEIR_PAGE off, or its packages not installed) one that says so.
  function(weir_embed_page target)
    set(web ${PROJECT_SOURCE_DIR}/web)
    set(out ${CMAKE_CURRENT_BINARY_DIR}/page)
    set(dist ${PROJECT_SOURCE_DIR}/weir/server/no_page)
    set(depends ${dist}/index.html)
    set(vite ${web}/node_modules/.bin/vite)
    if(WEIR_PAGE AND EXISTS ${vite})
      set(dist ${out}/dist)
      set(depends ${out}/dist.stamp)
      file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${web}/src/* ${web}/public/* ${web}/*.html ${web}/*.json ${web}/*.ts)
      list(FILTER sources EXCLUDE REGEX "/(node_modules|dist|test-results)/")
      add_custom_command(
        OUTPUT ${depends}
        COMMAND ${vite} build --outDir ${dist} --emptyOutDir --logLevel warn
        COMMAND ${CMAKE_COMMAND} -E touch ${depends}
        DEPENDS ${sources} WORKING_DIRECTORY ${web} COMMENT "Building the page" VERBATIM)
    elseif(WEIR_PAGE AND EXISTS ${web}/package.json)
      message(STATUS "The page is not built: run npm ci in web/, then configure again")
    endif()
    add_custom_command(
      OUTPUT ${out}/page_assets.cpp
      COMMAND ${CMAKE_COMMAND} -DDIST=${dist} -DOUT=${out} -P ${WEIR_EMBED_SCRIPT}
      DEPENDS ${depends} ${WEIR_EMBED_SCRIPT} COMMENT "Embedding the page" VERBATIM)
    target_sources(${target} PRIVATE ${out}/page_assets.cpp)
    # The compiler cache does not look into what the assembler includes.
    set_source_files_properties(${out}/page_assets.cpp PROPERTIES SKIP_LINTING ON)
  endfunction()
  return()
endif()

cmake_minimum_required(VERSION 3.25)

set(types
  "html=text/html" "js=text/javascript" "css=text/css"
  "json=application/json" "svg=image/svg+xml" "png=image/png" "ico=image/x-icon" "woff2=font/woff2"
  "webmanifest=application/manifest+json" "txt=text/plain")

file(GLOB_RECURSE files RELATIVE ${DIST} ${DIST}/*)
list(SORT files)
if(NOT "index.html" IN_LIST files)
  message(FATAL_ERROR "${DIST} has no index.html")
endif()
set(declarations "")
set(table "")
set(count 0)
foreach(file ${files})
  string(REGEX MATCH "[^.]*$" extension ${file})
  set(type "application/octet-stream")
  foreach(entry ${types})
    if(entry MATCHES "^${extension}=(.*)$")
      set(type ${CMAKE_MATCH_1})
    endif()
  endforeach()
  if(type MATCHES "^text/")
    string(APPEND type "; charset=utf-8")
  endif()
  file(SHA256 ${DIST}/${file} hash)
  string(SUBSTRING ${hash} 0 16 etag)
  set(packed ${OUT}/packed/${count}.gz)
  file(MAKE_DIRECTORY ${OUT}/packed)
  execute_process(COMMAND gzip -9 -n -c ${DIST}/${file} OUTPUT_FILE ${packed} COMMAND_ERROR_IS_FATAL ANY)
  string(APPEND declarations
    "asm(\".section .rodata\\n.global weir_page_${count}\\n.global weir_page_${count}_end\\nweir_page_${count}:\\n\"\n"
    "    \".incbin \\\"${packed}\\\"\\nweir_page_${count}_end:\\n.byte 0\\n.previous\\n\");\n"
    "extern \"C\" const std::byte weir_page_${count}[], weir_page_${count}_end[];\n")
  string(APPEND table
    "      {\"/${file}\", \"${type}\", {weir_page_${count}, weir_page_${count}_end}, \"\\\"${etag}\\\"\"},\n")
  math(EXPR count "${count} + 1")
endforeach()
file(WRITE ${OUT}/page_assets.cpp
"// Made by cmake/EmbedAssets.cmake.
#include \"weir/server/assets.hpp\"

${declarations}
namespace weir::server {

std::span<const Asset> page_assets() noexcept {
  static const Asset assets[] = {
${table}  };
  return assets;
}

}  // namespace weir::server
")
