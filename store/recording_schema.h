#pragma once

#include <SQLiteCpp/Database.h>

#include <string_view>

#include "schema/error.h"

namespace bygone {

// Tables, look-up tables, indexes and views of a new recording. Throws SQLite::Exception.
void create_recording_tables(SQLite::Database& database);

// Adds to a recording of an older format what it lacks. Throws SQLite::Exception.
void upgrade_recording_tables(SQLite::Database& database);

// Checks that an untrusted recording is one this build can read: its version, and that every table we are
// going to read is a plain table with the columns we know (no view, no virtual table, nothing computed).
Expected<void> check_recording_tables(SQLite::Database& database, std::string_view object);

}  // namespace bygone
