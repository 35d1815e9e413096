# Most of the time a file takes to compile goes into the standard library's and fmt's headers, the same ones for
# every file. They are parsed once, here, and each target takes the result over.
# Sources still include what they use; BYGONE_PRECOMPILE=OFF proves it.
option(BYGONE_PRECOMPILE "parse common headers once" ON)

# ccache keeps files that use precompiled headers only when it is told that time stamps in them do not matter.
if(CCACHE_PROGRAM AND BYGONE_PRECOMPILE)
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
    ${CCACHE_PROGRAM})
endif()

# bygone_precompiled_set(NAME LIBRARIES... HEADERS...) names a set of headers to parse once.
function(bygone_precompiled_set name)
  cmake_parse_arguments(SET "NOT_FOR_ROOMS" "" "LIBRARIES;HEADERS" ${ARGN})
  if(NOT BYGONE_PRECOMPILE)
    return()
  endif()
  set(source ${PROJECT_BINARY_DIR}/precompiled/${name}.cc)
  if(NOT EXISTS ${source})
    file(WRITE ${source} "")
  endif()
  add_library(precompiled_${name} STATIC ${source})
  if(NOT SET_NOT_FOR_ROOMS)
    set_target_properties(precompiled_${name} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  endif()
  target_link_libraries(precompiled_${name} PUBLIC bygone_warnings fmt::fmt tl::expected Threads::Threads
    ${SET_LIBRARIES})
  target_precompile_headers(precompiled_${name} PRIVATE
    <algorithm> <array> <chrono> <deque> <filesystem> <functional> <map> <memory> <mutex> <optional> <set> <span>
    <string> <string_view> <thread> <unordered_map> <variant> <vector> <fmt/core.h> <tl/expected.hpp> ${SET_HEADERS})
endfunction()

function(bygone_precompile target set)
  if(BYGONE_PRECOMPILE)
    target_precompile_headers(${target} REUSE_FROM precompiled_${set})
    # Both must be compiled alike.
    get_target_property(position_independent precompiled_${set} POSITION_INDEPENDENT_CODE)
    if(position_independent)
      set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    endif()
  endif()
endfunction()

bygone_precompiled_set(rooms)
