// Any bytes as an EPUB, and as the files in one: a package, its contents, two chapters.
#include "weir/media/documents/parse/fuzz_book.hpp"
#include "weir/media/documents/parse/zip_test_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::documents;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.starts_with("PK")) {
    fuzz::read(open_epub, std::as_bytes(std::span(bytes)));
    return 0;
  }
  auto parts = fuzz::parts_of(bytes, 4);
  const bool own_package = parts[0].starts_with('<');
  const std::string package =
      "<package version='3.0'><manifest><item id='n' href='n.xhtml' properties='nav' "
      "media-type='application/xhtml+xml'/>"
      "<item id='a' href='a.xhtml' media-type='application/xhtml+xml'/><item id='b' href='b.xhtml' "
      "media-type='application/xhtml+xml'/></manifest><spine><itemref idref='a'/><itemref "
      "idref='b'/></spine></package>";
  const std::string file = test::zip_file(
      {{"META-INF/container.xml", "<container><rootfiles><rootfile full-path='p.opf'/></rootfiles></container>"},
       {"p.opf", own_package ? parts[0] : package},
       {"n.xhtml", parts[1]},
       {"a.xhtml", parts[2]},
       {"b.xhtml", parts[3]}});
  fuzz::read(open_epub, std::as_bytes(std::span(file)));
  return 0;
}
