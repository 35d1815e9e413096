#pragma once

#include <fmt/core.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace bygone {

// What went wrong, in the terms the exit statuses of the command line distinguish (docs/errors.md).
enum class ErrorKind {
  usage,           // the request itself makes no sense: a bad phrase, a bad option
  bad_data,        // a recording or a stored row is damaged, truncated or of an unknown version
  not_found,       // no such recording, task, event or mapping
  unavailable,     // this machine or kernel cannot do it
  cannot_create,   // an output could not be created
  io,              // reading or writing failed: disk full, device error, the store went away
  no_permission,   // the kernel refused access
  not_executable,  // the program to record exists and cannot be run
  no_program,      // the program to record does not exist
  divergence,      // the replay left the recorded path
  internal,        // bygone broke a promise to itself
};

// An error as a value. `object` names the thing (a recording, a row, a file, a task), `cause` says what is
// wrong with it, `mend` what the reader can do; mend may be empty where nothing can be done.
struct Error {
  ErrorKind kind = ErrorKind::internal;
  std::string object;
  std::string cause;
  std::string mend;

  std::string message() const {
    std::string text = object.empty() ? cause : object + ": " + cause;
    if (!mend.empty()) text += "; " + mend;
    return text;
  }
};

template <class T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(ErrorKind kind, std::string object, std::string cause,
                                  std::string mend = {}) {
  return tl::unexpected<Error>(Error{kind, std::move(object), std::move(cause), std::move(mend)});
}

}  // namespace bygone

// Returns the error of an Expected from the enclosing function, or goes on.
#define BYGONE_TRY(expression)                                                \
  do {                                                                        \
    auto bygone_try_result = (expression);                                    \
    if (!bygone_try_result) return tl::unexpected(bygone_try_result.error()); \
  } while (false)

#define BYGONE_CONCAT_INNER(a, b) a##b
#define BYGONE_CONCAT(a, b) BYGONE_CONCAT_INNER(a, b)

// `BYGONE_ASSIGN(auto reader, RecordingReader::open(path));` declares reader, or returns the error.
#define BYGONE_ASSIGN(declaration, expression) \
  BYGONE_ASSIGN_INNER(BYGONE_CONCAT(bygone_assign_, __LINE__), declaration, expression)
#define BYGONE_ASSIGN_INNER(temporary, declaration, expression)        \
  auto temporary = (expression);                                       \
  if (!temporary) return tl::unexpected(std::move(temporary).error()); \
  declaration = std::move(*temporary)
