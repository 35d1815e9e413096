# A room is a folder and a static library bygone_<room>. Headers are included as "room/header.h" through a
# directory that holds nothing but a link to that one room, so a room sees the headers of the rooms it names
# under MAY_USE (and of those they name) and of no other: the direction of the arrows is a compile error, not a habit.
function(bygone_room name)
  cmake_parse_arguments(ROOM "" "" "MAY_USE;SOURCES;LIBRARIES" ${ARGN})
  set(target bygone_${name})
  set(view ${PROJECT_BINARY_DIR}/rooms/${name})
  file(MAKE_DIRECTORY ${view})
  file(CREATE_LINK ${PROJECT_SOURCE_DIR}/${name} ${view}/${name} SYMBOLIC)
  add_library(${target} STATIC ${ROOM_SOURCES})
  # Rooms become part of the SQLite extension too.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_include_directories(${target} PUBLIC ${view})
  foreach(other IN LISTS ROOM_MAY_USE)
    target_link_libraries(${target} PUBLIC bygone_${other})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ROOM_LIBRARIES} PRIVATE bygone_warnings)
  bygone_precompile(${target} rooms)
endfunction()
