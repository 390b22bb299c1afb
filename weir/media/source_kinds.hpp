// The kinds of sources, for open_source() alone.
#pragma once

#include <memory>
#include <stop_token>
#include <string>

#include "weir/media/source.hpp"

namespace weir::media {

Result<std::unique_ptr<Source>> open_file(const std::string& address, const SourceOptions& options,
                                          std::stop_token stop);
Result<std::unique_ptr<Source>> open_rtsp(const std::string& address, const SourceOptions& options,
                                          std::stop_token stop);
Result<std::unique_ptr<Source>> open_device(const std::string& address, const SourceOptions& options,
                                            std::stop_token stop);
Result<std::unique_ptr<Source>> open_demo(const std::string& address, const SourceOptions& options);

}  // namespace weir::media
