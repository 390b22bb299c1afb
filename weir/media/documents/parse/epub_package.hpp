// The package of an EPUB: what its container, its package document and its table of contents say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/documents/document.hpp"
#include "weir/media/documents/parse/zip.hpp"

namespace weir::documents {

struct EpubTitle {
  Chapter chapter;
  std::string file;      // in the archive
  std::string fragment;  // empty: the file's beginning
};

struct EpubPackage {
  Info info;
  std::vector<std::string> spine;  // XHTML files of the archive in reading order, without those that are not linear
  std::vector<EpubTitle> titles;   // in the order of the table of contents
  std::string cover;               // file of the archive; empty: none
};

// `corrupt`: nothing of the package can be read; `unsupported`: its text is encrypted. Of several packages the first.
Result<EpubPackage> read_epub_package(Zip& zip, const std::string& owner);

}  // namespace weir::documents
