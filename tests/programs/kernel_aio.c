// The kernel's asynchronous input and output: reads into buffers and vectors, through the page cache and past
// it, writes, events told by an eventfd, cancelling, two contexts, a child that makes its own.
#include <linux/aio_abi.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/uio.h>

#include "program.h"

#define SIZE 65536

static aio_context_t context;
static char* buffers[4];

static struct iocb request(int operation, int fd, void* buffer, size_t size, long offset) {
  struct iocb asked;
  memset(&asked, 0, sizeof asked);
  asked.aio_lio_opcode = operation;
  asked.aio_fildes = fd;
  asked.aio_buf = (uintptr_t)buffer;
  asked.aio_nbytes = size;
  asked.aio_offset = offset;
  asked.aio_key = 77;  // the kernel's to write
  return asked;
}

static void submit(struct iocb* asked) {
  CHECK(syscall(SYS_io_submit, context, 1L, &asked) == 1);
}

static long take(struct io_event* event) {
  CHECK(syscall(SYS_io_getevents, context, 1L, 1L, event, 0) == 1);
  return event->res;
}

static void read_file(const char* name, int flags) {
  const int fd = open(name, O_RDONLY | flags);
  if (fd < 0) {
    say("no O_DIRECT in the working directory (errno %d)\n", errno);
    CHECK(flags == O_DIRECT && errno == EINVAL);
    return;
  }
  struct iocb asked[3];
  struct iocb* all[3];
  struct iovec parts[2] = {{buffers[2], 4096}, {buffers[3], 4096}};
  asked[0] = request(IOCB_CMD_PREAD, fd, buffers[0], SIZE, 0);
  asked[1] = request(IOCB_CMD_PREAD, fd, buffers[1], SIZE, SIZE - 4096);
  asked[2] = request(IOCB_CMD_PREADV, fd, parts, 2, 8192);
  for (int i = 0; i < 4; ++i) memset(buffers[i], '-', SIZE);
  for (int i = 0; i < 3; ++i) all[i] = &asked[i];
  CHECK(syscall(SYS_io_submit, context, 3L, all) == 3);
  struct io_event events[3];
  long sizes[3] = {0};
  for (int taken = 0; taken < 3;) {
    const long now = syscall(SYS_io_getevents, context, 1L, 3L, events, 0);
    CHECK(now > 0);
    for (long i = 0; i < now; ++i) {
      const struct iocb* const ended = (struct iocb*)(uintptr_t)events[i].obj;
      sizes[ended - asked] = events[i].res;
    }
    taken += now;
  }
  say("read %ld, %ld, %ld: %c%c %c%c %c%c, key %u\n", sizes[0], sizes[1], sizes[2], buffers[0][0],
      buffers[0][SIZE - 1], buffers[1][4095], buffers[1][4096], buffers[2][0], buffers[3][4095],
      asked[0].aio_key);
  CHECK(sizes[0] == SIZE && sizes[1] == 4096 && sizes[2] == 8192 && asked[0].aio_key == 0);
  CHECK(buffers[0][0] == 'a' && (flags != 0 || buffers[1][4096] == '-') && buffers[2][0] == 'c' &&
        buffers[3][0] == 'd');
  close(fd);
}

static void notify(int file) {
  const int told = eventfd(0, EFD_NONBLOCK);
  struct iocb asked = request(IOCB_CMD_PREAD, file, buffers[0], 4096, 4096);
  asked.aio_flags = IOCB_FLAG_RESFD;
  asked.aio_resfd = told;
  submit(&asked);
  struct pollfd ready = {told, POLLIN, 0};
  uint64_t count = 0;
  CHECK(poll(&ready, 1, 5000) == 1 && read(told, &count, sizeof count) == sizeof count && count == 1);
  struct io_event event;
  CHECK(take(&event) == 4096 && buffers[0][0] == 'b');
  close(told);
}

// A read of what is not there yet, and waiting for a pipe.
static void wait_for_pipe(void) {
  int ends[2];
  CHECK(pipe(ends) == 0);
  struct iocb asked = request(IOCB_CMD_POLL, ends[0], 0, 0, 0);
  asked.aio_buf = POLLIN;
  submit(&asked);
  struct io_event event;
  const struct timespec soon = {0, 10000000};
  CHECK(syscall(SYS_io_getevents, context, 1L, 1L, &event, &soon) == 0);
  const pid_t child = fork();
  if (child == 0) _exit(write(ends[1], "x", 1) == 1 ? 0 : 1);
  CHECK((take(&event) & POLLIN) != 0 && wait_for(child) == 0);
  CHECK(read(ends[0], buffers[0], 1) == 1);
  submit(&asked);
  struct iocb* const last = &asked;
  const long cancelled = syscall(SYS_io_cancel, context, last, &event);
  say("cancelled: %ld, errno %d\n", cancelled, cancelled == 0 ? 0 : errno);
  CHECK(cancelled == 0 || errno == EINPROGRESS);
  const struct timespec second = {1, 0};
  CHECK(syscall(SYS_io_getevents, context, 1L, 1L, &event, &second) >= 0);
  close(ends[0]), close(ends[1]);
}

// Of a file that is mapped.
static void write_mapped(int file) {
  const char* const mapped = mmap(0, SIZE, PROT_READ, MAP_SHARED, file, 0);
  CHECK(mapped != MAP_FAILED && mapped[20000] == 'e');
  strcpy(buffers[0], "written");
  struct iocb asked = request(IOCB_CMD_PWRITE, file, buffers[0], 8, 20000);
  struct io_event event;
  submit(&asked);
  CHECK(take(&event) == 8);
  say("mapped: %s\n", mapped + 20000);
  CHECK(strcmp(mapped + 20000, "written") == 0);
}

int main(void) {
  char name[] = "aioXXXXXX";
  const int file = mkstemp(name);
  CHECK(file >= 0);
  for (int i = 0; i < 4; ++i)
    buffers[i] = mmap(0, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(syscall(SYS_io_setup, 32, &context) == 0);
  for (int i = 0; i < SIZE; ++i) buffers[0][i] = (char)('a' + i / 4096);
  struct iocb write_all = request(IOCB_CMD_PWRITE, file, buffers[0], SIZE, 0);
  submit(&write_all);
  struct io_event event;
  CHECK(take(&event) == SIZE);
  struct iocb flush = request(IOCB_CMD_FSYNC, file, 0, 0, 0);
  submit(&flush);
  CHECK(take(&event) == 0);
  read_file(name, 0);
  read_file(name, O_DIRECT);
  notify(file);
  wait_for_pipe();
  aio_context_t other = 0;
  CHECK(syscall(SYS_io_setup, 8, &other) == 0 && other != context);
  CHECK(syscall(SYS_io_destroy, context) == 0);
  CHECK(syscall(SYS_io_destroy, context) == -1 && errno == EINVAL);
  context = other;
  const pid_t child = fork();
  if (child == 0) {
    CHECK(syscall(SYS_io_getevents, other, 0L, 1L, &event, 0) == -1 && errno == EINVAL);
    context = 0;
    CHECK(syscall(SYS_io_setup, 4, &context) == 0);
    read_file(name, 0);
    _exit(0);
  }
  CHECK(wait_for(child) == 0);
  read_file(name, 0);
  write_mapped(file);
  CHECK(unlink(name) == 0);
  return 0;
}
