# Every target of ours links this; the libraries we use are system headers and stay out of it.
add_library(bygone_warnings INTERFACE)
target_compile_options(bygone_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX,C>:-Wall -Wextra -Wpedantic>
  $<$<AND:$<BOOL:${BYGONE_WERROR}>,$<COMPILE_LANGUAGE:CXX,C>>:-Werror>)

if(BYGONE_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(BYGONE_SANITIZE STREQUAL "fuzz")
  # The fuzzers find their way by what is covered in the rooms, so these are watched too.
  add_compile_options(-fsanitize=address,undefined,fuzzer-no-link -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  add_link_options(-fsanitize=address,undefined)
elseif(BYGONE_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
elseif(BYGONE_SANITIZE)
  message(FATAL_ERROR "BYGONE_SANITIZE is '${BYGONE_SANITIZE}'; use address, thread, fuzz (with clang) or nothing")
endif()
