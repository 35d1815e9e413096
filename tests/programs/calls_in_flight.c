// A task looks at a buffer that another one's call, which has not returned yet, may have filled already: in
// the same memory, in shared memory, and in the copy a child got.
#include <pthread.h>

#include "program.h"
static int ends[2];
static char* buffer;
static void* fill(void* unused) {
  CHECK(read(ends[0], buffer, 6) == 6);
  return unused;
}
int main(void) {
  CHECK(pipe(ends) == 0);
  for (int round = 0; round < 8; ++round) {
    const int shared = round % 2;
    buffer =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);
    CHECK(buffer != MAP_FAILED);
    pthread_t thread;
    pid_t filler = 0;
    if (shared && (filler = fork()) == 0) {
      fill(NULL);
      _exit(0);
    }
    if (!shared) CHECK(pthread_create(&thread, NULL, fill, NULL) == 0);
    usleep(20000);
    CHECK(write(ends[1], "filled", 6) == 6);
    pid_t child = 0;
    if (round >= 4) {
      child = fork();
      if (child == 0) _exit(buffer[0]);
    } else {
      const char seen = buffer[0];
      say("seen %d, '%.6s'\n", seen, buffer);
    }
    if (filler != 0) wait_for(filler);
    if (!shared) CHECK(pthread_join(thread, NULL) == 0);
    if (child != 0) wait_for(child);
    CHECK(memcmp(buffer, "filled", 6) == 0);
  }
  return 0;
}
