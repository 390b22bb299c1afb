// Dump: every word that is said, with its time and its place in the document, a JSON object a line.
#pragma once

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>

#include "weir/flows/read/sink.hpp"
#include "weir/media/files/part_file.hpp"

namespace weir::read {

// {"word":"Ishmael","start":22050,"end":30870,"chapter":1,"paragraph":2,"sentence":1,"source":"…"}: start and end in
// samples of the output; chapter, paragraph and sentence from 1; the source as place_of() says. "-" is standard output.
// Errors as PartFile has them; `closed`: nobody reads standard output any more.
Result<std::unique_ptr<Sink>> make_dump(const std::filesystem::path& path);

// "bytes 120-125", "page 3 box 72.0,100.1,98.5,112.0" or "OEBPS/ch1.xhtml#/html/body/p[3] 12-17".
std::string place_of(const documents::Paragraph& paragraph, const documents::Word& word);

}  // namespace weir::read
