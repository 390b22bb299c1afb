#include "weir/media/documents/parse/document_worker.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unicode/udata.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <optional>
#include <string_view>

#include "weir/core/worker/call.hpp"
#include "weir/media/documents/parse/book.hpp"
#include "weir/media/documents/parse/cursor.hpp"
#include "weir/media/documents/parse/language.hpp"
#include "weir/media/documents/parse/names.hpp"
#include "weir/media/documents/parse/pdf.hpp"
#include "weir/media/documents/parse/zip.hpp"
#include "weir/media/documents/pdf_name.hpp"
#include "weir/media/documents/wire.hpp"

namespace weir::documents {
namespace {

using wire::Answer;
using wire::Question;
using wire::What;
using worker::Served;

// The first batch is small: somebody waits for the first sentence.
constexpr std::size_t first_batch_bytes = 4 << 10, batch_bytes = 32 << 10;

Result<std::span<const std::byte>> mapped(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return fail(Code::failed, "the file cannot be seen", {}, std::strerror(errno));
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size == 0) return std::span<const std::byte>();
  void* const memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (memory == MAP_FAILED) return fail(Code::failed, "the file cannot be mapped", {}, std::strerror(errno));
  return std::span(static_cast<const std::byte*>(memory), size);
}

#ifdef WEIR_TEST_HOOKS
// A paragraph that says so does to this process what files made for it do to parsers.
void obey_tests(const Batch& batch) {
  for (const Placed& placed : batch.paragraphs) {
    if (placed.paragraph.text.find("weir-test-crash") == std::string::npos) continue;
    ::signal(SIGSEGV, SIG_DFL);
    ::raise(SIGSEGV);
  }
}
#endif

class Server {
 public:
  Server(std::span<const std::byte> file, BookOptions options) : file_(file), options_(std::move(options)) {}

  Result<Served<Answer>> answer(const Question& question, std::span<std::byte> room, worker::Asked& asked) {
    if (auto opened = open(); !opened) return tl::unexpected(opened.error());
    switch (question.what) {
      case What::open: return served(wire::pack(tidy(book_->info()), room));
      case What::chapters: return chapters(question.offset, room);
      case What::read: return read(question.from, room, asked);
      case What::cover: return cover(question.offset, room);
    }
    return fail(Code::invalid, "nobody knows this question");
  }

 private:
  static Result<Served<Answer>> served(const Result<std::size_t>& bytes) {
    if (!bytes) return tl::unexpected(bytes.error());
    return Served<Answer>{{}, *bytes};
  }

  // Of what a file says of itself, what may be shown.
  static Info tidy(const Info& info) {
    return {title_from(info.format), title_from(info.title), title_from(info.author), language_of({}, info.language)};
  }

  Result<void> open() {
    if (book_ != nullptr) return {};
    auto book = open_book(file_, options_);
    if (!book) return tl::unexpected(book.error());
    book_ = std::move(*book);
    cursor_.emplace(*book_);
    return {};
  }

  Result<Served<Answer>> read(Position from, std::span<std::byte> room, worker::Asked& asked) {
    const std::size_t bytes = std::exchange(read_before_, true) ? batch_bytes : first_batch_bytes;
    const auto batch = cursor_->read(from, bytes, [&] { return asked.cancelled(); });
    if (!batch) return tl::unexpected(batch.error());
#ifdef WEIR_TEST_HOOKS
    obey_tests(*batch);
#endif
    return served(wire::pack(*batch, room));
  }

  Result<Served<Answer>> chapters(std::size_t offset, std::span<std::byte> room) {
    if (!chapters_) {
      auto all = book_->chapters();
      cursor_->forget();
      if (!all) return tl::unexpected(all.error());
      all->resize(std::min(all->size(), wire::max_chapters));
      for (Chapter& chapter : *all) chapter.title = title_from(chapter.title);
      chapters_ = std::move(*all);
    }
    std::size_t end = std::min(offset, chapters_->size());
    Served<Answer> out;
    out.bytes = wire::pack(std::span(*chapters_).subspan(end), room, end);
    out.head.next_offset = end < chapters_->size() ? static_cast<std::uint32_t>(end) : 0;
    return out;
  }

  Result<Served<Answer>> cover(std::size_t offset, std::span<std::byte> room) {
    if (!cover_) {
      auto all = book_->cover();
      cursor_->forget();
      if (!all) return tl::unexpected(all.error());
      if (all->size() > wire::max_cover_bytes) all->clear();
      cover_ = std::move(*all);
    }
    const std::size_t begin = std::min(offset, cover_->size()), bytes = std::min(room.size(), cover_->size() - begin);
    std::copy_n(cover_->begin() + static_cast<std::ptrdiff_t>(begin), bytes, room.begin());
    Served<Answer> out;
    out.bytes = bytes;
    out.head.next_offset = begin + bytes < cover_->size() ? static_cast<std::uint32_t>(begin + bytes) : 0;
    // Pictures are large, and asked for once.
    if (out.head.next_offset == 0) cover_.reset();
    return out;
  }

  const std::span<const std::byte> file_;
  const BookOptions options_;
  std::unique_ptr<Book> book_;
  std::optional<Cursor> cursor_;
  std::optional<std::vector<Chapter>> chapters_;
  std::optional<std::vector<std::byte>> cover_;
  bool read_before_ = false;
};

// The parent takes any other code for the worker's death.
Error told(Error error) {
  if (error.code != Code::invalid && error.code != Code::unsupported && error.code != Code::cancelled &&
      error.code != Code::exhausted) {
    error.code = Code::corrupt;
  }
  return error;
}

Result<void> run(worker::Child& child) {
  const auto job = wire::job_of(child.job());
  if (!job) return tl::unexpected(job.error());
  if (child.descriptors().size() != 1) return fail(Code::invalid, "it was handed no file");
  const auto file = mapped(child.descriptors()[0]);
  if (!file) return tl::unexpected(file.error());
  ::close(child.descriptors()[0]);
  // All that is needed of ICU lies in its library; it would look for files besides.
  UErrorCode status = U_ZERO_ERROR;
  udata_setFileAccess(UDATA_NO_FILES, &status);
  // The C library looks at /etc/localtime again unless it is told a zone; archives have their files' times.
  ::setenv("TZ", "UTC0", 1);
  ::tzset();
  const bool archive = file->size() > 1 && (*file)[0] == std::byte{'P'} && (*file)[1] == std::byte{'K'};
  if (archive || has_ending(job->name, ".epub") || has_ending(job->name, ".docx")) prepare_zip();
  worker::SandboxOptions sandbox;
  if (is_pdf(job->name, *file)) {
    prepare_pdf();
    sandbox.readable.emplace_back("/usr/share/poppler");
  }
  if (auto boxed = child.enter_sandbox(sandbox); !boxed) return boxed;
  Server server(*file, {job->name, job->password});
  return worker::serve<Question, Answer>(
      child,
      [&](const Question& question, std::span<const std::byte> /*payload*/, std::span<std::byte> room,
          worker::Asked& asked) -> Result<Served<Answer>> {
        auto answer = server.answer(question, room, asked);
        if (!answer) return tl::unexpected(told(answer.error()));
        return answer;
      });
}

}  // namespace

int run_worker(worker::Child& child) {
  const auto done = run(child);
  if (done) return 0;
  std::fprintf(stderr, "weir-worker-document: %s\n", done.error().line().c_str());
  return 1;
}

}  // namespace weir::documents
