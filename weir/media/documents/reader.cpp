#include "weir/media/documents/reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <utility>

#include "weir/core/worker/call.hpp"
#include "weir/media/documents/pdf_name.hpp"
#include "weir/media/documents/wire.hpp"

namespace weir::documents {
namespace {

constexpr Nanos patience = std::chrono::seconds(20), patience_for_all = std::chrono::minutes(2);

class File {
 public:
  explicit File(int descriptor) noexcept : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  int get() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

Result<File> open_file(const std::filesystem::path& path) {
  // A pipe would be waited for.
  File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) {
    const int error = errno;
    if (error == ENOENT || error == ENOTDIR) return fail(Code::not_found, "there is no such file", path.string());
    if (error == EACCES || error == EPERM) return fail(Code::denied, "this file may not be read", path.string());
    return fail(Code::failed, "this file cannot be opened", path.string(), std::strerror(error));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    return fail(Code::failed, "this file cannot be opened", path.string(), std::strerror(errno));
  }
  if (S_ISDIR(status.st_mode)) return fail(Code::invalid, "this is a folder: give a document", path.string());
  if (!S_ISREG(status.st_mode)) return fail(Code::invalid, "this is no regular file", path.string());
  return file;
}

}  // namespace

struct DocumentReader::State {
  State(ReaderOptions its_options, File its_file) : options(std::move(its_options)), file(std::move(its_file)) {}

  struct Payload {
    wire::Answer head;
    std::vector<std::byte> bytes;  // copied out of the worker's reach
  };
  Result<void> start();
  Result<Payload> ask(const wire::Question& question, Nanos patient, const std::stop_token& stop);
  // All of what comes in parts: `take` adds one, and says how much there is now.
  template <class Take>
  Result<void> ask_all(wire::What what, Nanos patient, const std::stop_token& stop, Take take);

  const ReaderOptions options;
  const File file;
  std::unique_ptr<worker::Caller> caller;
  Info info;
};

Result<void> DocumentReader::State::start() {
  worker::CallerOptions o;
  o.process.id = "document";
  o.process.owner = options.owner;
  std::array<std::byte, 1024> begin{};
  const ::ssize_t bytes = ::pread(file.get(), begin.data(), begin.size(), 0);
  const auto known = std::span(begin).first(static_cast<std::size_t>(std::max<::ssize_t>(bytes, 0)));
  o.process.executable =
      worker::worker_executable(is_pdf(options.path.filename().string(), known) ? "pdf" : "document");
  o.process.memory_max_bytes = std::size_t{256} << 20;
  o.job = wire::packed({options.path.filename().string(), options.password});
  o.descriptors = {file.get()};
  o.request_bytes = 1;
  o.answer_bytes = wire::max_answer_bytes;
  auto made = worker::Caller::make(std::move(o));
  if (!made) return tl::unexpected(made.error());
  caller = std::move(*made);
  return {};
}

Result<DocumentReader::State::Payload> DocumentReader::State::ask(const wire::Question& question, Nanos patient,
                                                                  const std::stop_token& stop) {
  const std::string name = options.path.string();
  for (int deaths = 0;;) {
    // An answer may be quicker than the stop; who has stopped before asking gets none.
    if (stop.stop_requested()) return fail(Code::cancelled, "reading was stopped", name);
    const auto reply = caller->call<wire::Answer>(question, {}, Clock::real().now() + patient, stop);
    if (reply) {
      const auto payload = reply->payload();
      return Payload{reply->head, {payload.begin(), payload.end()}};
    }
    const Error& error = reply.error();
    switch (error.code) {
      case Code::not_found:
      case Code::denied: return fail(Code::failed, "the reader of documents is not there", name, error.message());
      case Code::cancelled: return fail(Code::cancelled, "reading was stopped", name);
      case Code::invalid:
      case Code::unsupported:
      case Code::exhausted:
        // The worker's own words.
        return fail(error.code == Code::exhausted ? Code::corrupt : error.code, "this document cannot be read", name,
                    error.detail);
      case Code::corrupt: return fail(Code::corrupt, "this document is broken", name, error.detail);
      default: break;
    }
    // It died of this, or did not come to an end with it.
    if (++deaths >= options.attempts) {
      return fail(Code::corrupt, "this document is broken: its reader does not survive it", name, error.message());
    }
  }
}

template <class Take>
Result<void> DocumentReader::State::ask_all(wire::What what, Nanos patient, const std::stop_token& stop, Take take) {
  wire::Question question{what, {}, 0};
  for (;;) {
    auto part = ask(question, patient, stop);
    if (!part) return tl::unexpected(part.error());
    const Result<std::size_t> has = take(*part);
    if (!has) return tl::unexpected(has.error());
    if (part->head.next_offset == 0) return {};
    if (part->head.next_offset <= question.offset || part->head.next_offset != *has) {
      return fail(Code::corrupt, "the reader of documents gave an answer that cannot be", options.path.string());
    }
    question.offset = part->head.next_offset;
  }
}

DocumentReader::DocumentReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
DocumentReader::~DocumentReader() = default;

Result<std::unique_ptr<DocumentReader>> DocumentReader::open(ReaderOptions options, const std::stop_token& stop) {
  auto file = open_file(options.path);
  if (!file) return tl::unexpected(file.error());
  auto state = std::make_unique<State>(std::move(options), std::move(*file));
  if (auto started = state->start(); !started) return tl::unexpected(started.error());
  const auto said = state->ask({wire::What::open, {}, 0}, patience, stop);
  if (!said) return tl::unexpected(said.error());
  auto info = wire::info_of(said->bytes);
  if (!info) return tl::unexpected(info.error());
  state->info = std::move(*info);
  return std::unique_ptr<DocumentReader>(new DocumentReader(std::move(state)));
}

const Info& DocumentReader::info() const noexcept { return state_->info; }

Result<std::vector<Chapter>> DocumentReader::chapters(const std::stop_token& stop) {
  std::vector<Chapter> all;
  const auto asked = state_->ask_all(wire::What::chapters, patience_for_all, stop,
                                     [&](const State::Payload& part) -> Result<std::size_t> {
                                       auto some = wire::chapters_of(part.bytes);
                                       if (!some) return tl::unexpected(some.error());
                                       all.insert(all.end(), some->begin(), some->end());
                                       if (all.size() > wire::max_chapters) {
                                         return fail(Code::corrupt, "this document has more chapters than any book");
                                       }
                                       return all.size();
                                     });
  if (!asked) return tl::unexpected(asked.error());
  return all;
}

Result<Batch> DocumentReader::read(Position from, const std::stop_token& stop) {
  const auto said = state_->ask({wire::What::read, from, 0}, patience, stop);
  if (!said) return tl::unexpected(said.error());
  return wire::batch_of(said->bytes, from);
}

Result<std::vector<std::byte>> DocumentReader::cover(const std::stop_token& stop) {
  std::vector<std::byte> all;
  const auto asked =
      state_->ask_all(wire::What::cover, patience, stop, [&](const State::Payload& part) -> Result<std::size_t> {
        all.insert(all.end(), part.bytes.begin(), part.bytes.end());
        if (all.size() > wire::max_cover_bytes) return fail(Code::corrupt, "the cover is larger than 16 MiB");
        return all.size();
      });
  if (!asked) return tl::unexpected(asked.error());
  return all;
}

}  // namespace weir::documents
