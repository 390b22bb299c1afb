#include "weir/media/responses/sofa.hpp"

#include <algorithm>
#include <array>
#include <fstream>

#include "weir/core/worker/call.hpp"
#include "weir/media/responses/sofa_wire.hpp"
#include "weir/media/responses/tracks.hpp"

namespace weir::media {
namespace {

Result<std::vector<std::byte>> bytes_of(const std::filesystem::path& path) {
  constexpr std::array<char, 8> signature{'\x89', 'H', 'D', 'F', '\r', '\n', '\x1a', '\n'};
  if (auto there = check_regular_file(path); !there) return tl::unexpected(there.error());
  std::ifstream file(path, std::ios::binary);
  std::array<char, 8> begin{};
  if (!file.read(begin.data(), begin.size()) || begin != signature) {
    return fail(Code::corrupt, "this is no SOFA file", path.string());
  }
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error || size > max_sofa_bytes)
    return fail(Code::invalid, "this SOFA file is larger than 128 MiB", path.string());
  std::vector<std::byte> bytes(size);
  file.seekg(0);
  if (!file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(size))) {
    return fail(Code::corrupt, "this SOFA file cannot be read to its end", path.string());
  }
  return bytes;
}

// A worker for this file alone: what one file did to it the next does not meet.
Result<ResponseSet> asked(const std::vector<std::byte>& bytes, const Layout& layout, SofaPick pick) {
  worker::CallerOptions options;
  options.process.id = "sofa";
  options.process.owner = "responses";
  options.process.executable = worker::worker_executable("sofa");
  options.request_bytes = bytes.size();
  options.answer_bytes = sofa::max_answer_bytes;
  options.answers_held = 1;
  auto caller = worker::Caller::make(std::move(options));
  if (!caller) return tl::unexpected(caller.error());
  const Instant deadline = Clock::real().now() + std::chrono::minutes(1);
  const auto reply = (*caller)->call<sofa::Answer>(sofa::question_of(layout, pick), bytes, deadline);
  if (!reply) return tl::unexpected(reply.error());
  return sofa::set_of(reply->head, reply->payload());
}

// The worker's own words are the detail.
Error explained(const Error& error, const std::filesystem::path& path) {
  if (error.code == Code::not_found) return error;  // the worker itself
  const std::string detail = error.detail.empty() ? error.text : error.detail;
  if (error.code == Code::unsupported || error.code == Code::invalid || error.code == Code::corrupt) {
    return {error.code, "this SOFA file cannot be used", path.string(), detail};
  }
  return {Code::corrupt, "this SOFA file cannot be used: its reader did not survive it", path.string(), detail};
}

}  // namespace

Result<ResponseSet> read_sofa(const std::filesystem::path& path, const Layout& layout, SofaPick pick) {
  if (layout.channels.empty() || layout.channels.size() > Layout::max_channels) {
    return fail(Code::invalid, "a layout has 1 to 16 channels", path.string());
  }
  const auto bytes = bytes_of(path);
  if (!bytes) return tl::unexpected(bytes.error());
  auto set = asked(*bytes, layout, pick);
  if (!set) return tl::unexpected(explained(set.error(), path));
  set->name = path.stem().string();
  return set;
}

Result<ResponseSet> default_responses(const Layout& layout, SofaPick pick) {
  std::error_code error;
  if (!std::filesystem::exists(kemar_path, error)) {
    return fail(Code::not_found,
                "the default responses are not installed: install the package libmysofa1, or give a file", kemar_path);
  }
  return read_sofa(kemar_path, layout, pick);
}

}  // namespace weir::media
