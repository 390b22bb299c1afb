// The kinds of sources, for open_source() alone.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "weir/media/file_reader.hpp"
#include "weir/media/source.hpp"

namespace weir::media {

// Probing a file reads it; the limit is for files on mounts that hang.
constexpr Nanos file_open_timeout = std::chrono::seconds(30);

// The file that an address names, looked at and found to be one. Errors as from open_source().
Result<FileHandle> open_file_handle(const std::string& address, const SourceOptions& options);
// The video in it. It is read through the handle alone; the address is there for its extension and for errors.
Result<std::unique_ptr<Source>> open_file(FileHandle file, const std::string& address, const SourceOptions& options,
                                          std::stop_token stop);
Result<std::unique_ptr<Source>> open_rtsp(const std::string& address, const SourceOptions& options,
                                          std::stop_token stop);
Result<std::unique_ptr<Source>> open_device(const std::string& address, const SourceOptions& options,
                                            std::stop_token stop);
Result<std::unique_ptr<Source>> open_demo(const std::string& address, const SourceOptions& options);

}  // namespace weir::media
