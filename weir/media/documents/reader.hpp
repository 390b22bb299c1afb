// DocumentReader: a document that is read a piece at a time, in a process that may crash.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/documents/document.hpp"

namespace weir::documents {

struct ReaderOptions {
  std::filesystem::path path;  // .txt .md .markdown .html .htm .xhtml .epub .pdf .docx; other endings: by the content
  std::string password = {};   // of an encrypted PDF
  std::string owner = "document";  // the account of the worker's memory
  int attempts = 3;                // at one place, before it is an error that the worker dies
};

// The file is parsed in weir-worker-document (PDF: weir-worker-pdf), in a sandbox without network or files but this one
// (opened beforehand). Only a bounded part of it is there parsed at a time, and of the text only what was asked for is
// here. A worker that dies is started again and asked the same again; what kills it ReaderOptions::attempts times is
// given up with `corrupt`. Errors of open(): `not_found`, `denied`; `invalid`: a folder, a missing or wrong password;
// `unsupported`: a format that is not known, DRM; `corrupt`: broken beyond reading, a bomb; `failed`: the worker is not
// there. Thread-safety: any thread, one call at a time.  Allocates: yes.  Blocks: while the worker works. Ownership:
// owns the worker.
class DocumentReader {
 public:
  static Result<std::unique_ptr<DocumentReader>> open(ReaderOptions options, const std::stop_token& stop = {});
  ~DocumentReader();

  const Info& info() const noexcept;
  // All of them; may have to look through the whole file.
  Result<std::vector<Chapter>> chapters(const std::stop_token& stop = {});
  // From there on, or from the first paragraph behind it that exists: some tens of kilobytes, at least one paragraph
  // unless the end is reached. Paragraphs keep their positions whatever was read before.
  Result<Batch> read(Position from, const std::stop_token& stop = {});
  // JPEG or PNG; empty: it has none.
  Result<std::vector<std::byte>> cover(const std::stop_token& stop = {});

 private:
  struct State;
  explicit DocumentReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace weir::documents
