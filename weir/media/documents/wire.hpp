// What weir-worker-document is asked and answers. Nothing that a worker says is believed: what is taken apart here has
// been checked to be what document.hpp promises.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "weir/core/result.hpp"
#include "weir/media/documents/document.hpp"

namespace weir::documents::wire {

enum class What : std::uint8_t { open, chapters, read, cover };

// The job of a worker is the name of the file and its password; its one descriptor is the file.
struct Job {
  std::string name, password;
};

struct Question {
  What what = What::open;
  Position from;             // read
  std::uint32_t offset = 0;  // chapters: the first that is wanted; cover: its first byte
};

// The payload: an Info, chapters, a Batch, bytes of the cover.
struct Answer {
  std::uint32_t next_offset = 0;  // chapters, cover: where the rest begins; 0: there is none
};

constexpr std::size_t max_answer_bytes = std::size_t{128} << 10;
constexpr std::size_t max_cover_bytes = std::size_t{16} << 20;
constexpr std::size_t max_chapters = 100000;

std::vector<std::byte> packed(const Job& job);
Result<Job> job_of(std::span<const std::byte> bytes);

// Into `room`; how many bytes. `exhausted`: it is too small.
Result<std::size_t> pack(const Info& info, std::span<std::byte> room);
Result<std::size_t> pack(const Batch& batch, std::span<std::byte> room);
// As many of them as there is room for: adds their number to `count`.
std::size_t pack(std::span<const Chapter> chapters, std::span<std::byte> room, std::size_t& count);
// About what a paragraph takes in a batch.
std::size_t packed_bytes(const Paragraph& paragraph) noexcept;

// `corrupt`: the worker said what cannot be.
Result<Info> info_of(std::span<const std::byte> payload);
Result<std::vector<Chapter>> chapters_of(std::span<const std::byte> payload);
// An answer to a question for what comes from `from` on.
Result<Batch> batch_of(std::span<const std::byte> payload, Position from);

}  // namespace weir::documents::wire
