// The page: files of web/dist, compressed and linked into the program by cmake/EmbedAssets.cmake.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace weir::server {

struct Asset {
  std::string_view path;  // "/index.html", "/assets/index-3f2a.js"
  std::string_view content_type;
  std::span<const std::byte> gzip;
  std::string_view etag;  // with its quotes
};

// Always has "/index.html": if the page was not built, one that says so.
std::span<const Asset> page_assets() noexcept;

}  // namespace weir::server
