#pragma once

// Included before everything else in what is compiled for the SQLite extension: from here on the sqlite3_
// functions are those of the program that loaded it.
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT3

// What is compiled with that meaning bears other names than what the session of the same recording uses.
#define each_of host_each_of
#define register_row_function host_register_row_function
#define register_scalar_functions host_register_scalar_functions
