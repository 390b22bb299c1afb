#include "weir/media/responses/sofa.hpp"

namespace weir::media {

Result<ResponseSet> read_sofa(const std::filesystem::path& path, const Layout& layout, SofaPick pick) {
  const auto file = read_sofa_file(path);
  if (!file) return tl::unexpected(file.error());
  auto set = responses_at(*file, layout, pick);
  if (!set) {
    set.error().owner = path.string();
    return set;
  }
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
