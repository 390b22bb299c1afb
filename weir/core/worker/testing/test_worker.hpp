// What weir-worker-test can be told to do.
#pragma once

#include <cstdint>

#include "weir/core/worker/message.hpp"

namespace weir::worker::test {

// The first byte of its job: how it begins.
enum class Start : std::uint8_t {
  boxed,               // enters its sandbox and does what messages say (Do)
  boxed_with_network,  // the same
  boxed_with_files,    // the same; the rest of the job is the folder that it may read
  serving,             // enters its sandbox and answers calls (Question)
  lying,               // the same, but its answers are lies (Lie)
  exit_before,         // ends with status 5 before it has a sandbox
  silent_before,       // never enters one
  crash_before,        // SIGSEGV before it has one
  two_descriptors,     // says that it is ready, with a descriptor too many
};

// Message::type: what it does. Message::sequence is the argument.
enum class Do : std::uint32_t {
  echo = first_job_type,  // says the message again
  crash,                  // SIGSEGV
  trap,                   // abort()
  exit,                   // with status `sequence`
  hang,                   // turns in a circle for ever
  say,                    // says `sequence` messages, which nobody asked for
  grow,                   // allocates without an end
  map,                    // takes the memory that came, fills each byte with the low byte of `sequence`, says echo
  descriptor,             // reads one byte from job descriptor `sequence` and says it in `slot`
  send_descriptor,        // tries to hand a descriptor to its parent, says errno in `slot`
  scribble,               // writes random numbers (seed: `sequence`) over the control memory for ever
  // What a sandbox lets pass:
  open_random,  // says errno in `slot`: it is answered, not obeyed
  thread,       // says echo from a thread of its own
  // What a sandbox forbids; says echo if nobody stops it:
  open_file,
  connect,
  connect_own,  // with a socket that it has
  listen,
  fork,
  exec,
  map_code,
  protect_code,
  kill_parent,
  unlink,
  trace,
  unix_socket,
  become_undumpable,
  // With files, each at the path in the message's body; says errno in `slot`, or 0, and in `generation` what it read
  // first:
  read_path,
  list_path,
  write_path,
  create_path,
  locate_path,  // O_PATH
  stat_path,
};

struct Question {
  enum What : std::uint32_t { reverse, refuse, wait_for_cancellation, ignore_cancellation, crash } what = reverse;
  std::uint32_t number = 0;
};
struct Answer {
  std::uint32_t number = 0;  // the question's, plus one
  std::int32_t pid = 0;
};

// Question::number of a lying worker.
enum class Lie : std::uint32_t {
  none,
  slot,
  slot_far_away,
  generation,
  earlier_generation,
  pool,
  length,
  sequence,
  type,
  code,
  head,
  twice,
  count,
};

}  // namespace weir::worker::test
