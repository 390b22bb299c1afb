// ZIP archives for tests.
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <string>
#include <utility>
#include <vector>

namespace weir::documents::test {

using ZipFiles = std::vector<std::pair<std::string, std::string>>;  // name and content, in order

inline std::string zip_file(const ZipFiles& files) {
  std::size_t room = 65536;
  for (const auto& [name, content] : files) room += 512 + 2 * name.size() + content.size() + content.size() / 512;
  std::string bytes(room, '\0');
  std::size_t used = 0;
  const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr), before = uselocale(utf8);
  archive* a = archive_write_new();
  archive_write_set_format_zip(a);
  archive_write_set_options(a, "zip:hdrcharset=UTF-8");
  archive_write_set_bytes_per_block(a, 0);
  archive_write_open_memory(a, bytes.data(), bytes.size(), &used);
  for (const auto& [name, content] : files) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_write_header(a, entry);
    archive_write_data(a, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(a);
  archive_write_free(a);
  uselocale(before);
  freelocale(utf8);
  bytes.resize(used);
  return bytes;
}

}  // namespace weir::documents::test
