// fallocate(2) that collapses and inserts ranges of a mapped file: what lies behind them is read anew by
// private mappings too, which lose the copies they have made. Later stores through a shared mapping are seen
// there.
#include "program.h"

static char *shared, *private;
static int file;

// Where the file system cannot do that the program says so, and there is nothing to see.
static void move(int mode, const char* what) {
  if (fallocate(file, mode, 4096, 4096) == 0) return;
  say("%s is not to be had in the working directory (errno %d)\n", what, errno);
  CHECK(errno == EOPNOTSUPP);
  _exit(0);
}

static void show(const char* when) {
  say("%s: %.8s %.8s | %.8s %.8s\n", when, shared + 8192, shared + 20000, private + 8192, private + 20000);
}

int main(void) {
  char name[] = "movesXXXXXX";
  CHECK((file = mkstemp(name)) >= 0 && unlink(name) == 0 && ftruncate(file, 65536) == 0);
  shared = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  private = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  CHECK(shared != MAP_FAILED && private != MAP_FAILED);
  strcpy(shared + 8192, "from the file");
  strcpy(private, "stays");
  private[8193] = 'X';
  show("before");
  move(FALLOC_FL_INSERT_RANGE, "FALLOC_FL_INSERT_RANGE");
  show("inserted");
  CHECK(strcmp(private, "stays") == 0 && private[8192] == 0);
  strcpy(shared + 20000, "stored");
  strcpy(shared + 8192, "later");
  show("stored");
  CHECK(strcmp(private + 20000, "stored") == 0 && strcmp(private + 8192, "later") == 0);
  const pid_t child = fork();
  if (child == 0) {
    private[8192] = 'Y';
    move(FALLOC_FL_COLLAPSE_RANGE, "FALLOC_FL_COLLAPSE_RANGE");
    strcpy(shared + 8192, "child");
    show("collapsed");
    CHECK(strcmp(private + 8192, "child") == 0);
    _exit(0);
  }
  CHECK(wait_for(child) == 0);
  show("after");
  CHECK(strcmp(private, "stays") == 0 && strcmp(private + 8192, "child") == 0);
  return 0;
}
