#include <fcntl.h>
#include <linux/fiemap.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <termios.h>
#include <unistd.h>

#include <array>

#include "syscall_scene.h"

namespace bygone {
namespace {

constexpr long kCachestat = 451, kFchmodat2 = 452, kStatmount = 457, kListmount = 458, kSetxattrat = 463,
               kGetxattrat = 464, kListxattrat = 465, kRemovexattrat = 466, kFileGetattr = 468;
constexpr uint64_t kBad = 8;  // an address nobody has

uint64_t pointer_to(void* pointer) {
  return uint64_t(pointer);
}
iovec element(uint64_t address, size_t size_bytes) {
  return {reinterpret_cast<void*>(address), size_bytes};
}

int64_t open_scratch(Scene& s, const char* name, int flags = O_RDWR | O_CREAT) {
  return s.succeed(SYS_openat, AT_FDCWD, s.path_text(name), flags, 0600);
}

void reading_and_writing(Scene& s) {
  const uint64_t name = s.path_text("data");
  const int64_t fd = s.succeed(SYS_open, name, O_RDWR | O_CREAT, 0600);
  const uint64_t text = s.text("the quick brown fox jumps over the lazy dog");
  s.succeed(SYS_write, fd, text, 43);
  s.succeed(SYS_pwrite64, fd, text, 43, 43);
  s.succeed(SYS_lseek, fd, 0, SEEK_SET);
  const uint64_t buffer = s.buffer(4096);
  s.succeed(SYS_read, fd, buffer, 20);
  s.succeed(SYS_read, fd, buffer, 4096);
  s.succeed(SYS_read, fd, buffer, 4096);
  s.succeed(SYS_pread64, fd, s.buffer(64), 10, 5);
  const uint64_t vector =
      s.put(std::array{element(s.buffer(8), 8), element(0, 0), element(s.buffer(100), 100)});
  s.succeed(SYS_lseek, fd, 0, SEEK_SET);
  s.succeed(SYS_readv, fd, vector, 3);
  s.succeed(SYS_preadv, fd, vector, 3, 50, 0);
  s.succeed(SYS_preadv2, fd, vector, 3, 60, 0, 0);
  s.succeed(SYS_writev, fd, vector, 3);
  s.succeed(SYS_pwritev, fd, vector, 3, 10, 0);
  s.succeed(SYS_pwritev2, fd, vector, 3, 10, 0, 0);
  // Into the vector itself.
  const uint64_t self = s.buffer(16);
  std::memcpy(reinterpret_cast<void*>(self), std::array{element(self, 16)}.data(), 16);
  s.succeed(SYS_preadv, fd, self, 1, 0, 0);
  s.call(SYS_read, fd, kBad, 100);
  s.call(SYS_read, -1, buffer, 100);
  s.call(SYS_readv, fd, vector, 5000);
  s.call(SYS_readv, fd, kBad, 3);
  s.succeed(SYS_fadvise64, fd, 0, 100, POSIX_FADV_NORMAL);
  s.succeed(SYS_readahead, fd, 0, 100);
  s.call(SYS_sync_file_range, fd, 0, 100, 0);
  s.succeed(SYS_fallocate, fd, 0, 0, 8192);
  s.succeed(SYS_ftruncate, fd, 5000);
  s.succeed(SYS_truncate, name, 6000);
  s.succeed(SYS_fsync, fd);
  s.succeed(SYS_fdatasync, fd);
  s.succeed(SYS_close, fd);
}

// The kernel fills the first page before it stumbles over the second.
void reading_into_a_hole(Scene& s) {
  const int64_t fd = open_scratch(s, "data");
  s.succeed(SYS_ftruncate, fd, 3 * 4096);
  const uint64_t room = s.buffer(3 * 4096);
  const uint64_t second_page = (room + 2 * 4096) & ~4095ul;
  mprotect(reinterpret_cast<void*>(second_page), 4096, PROT_READ);
  s.call(SYS_pread64, fd, second_page - 1000, 4096, 0);
  s.call(SYS_uname, second_page - 200);
  s.call(SYS_fstat, fd, second_page - 10);
  s.call(SYS_getrandom, second_page - 10, 100, 0);
}

void asking_about_files(Scene& s) {
  const int64_t fd = open_scratch(s, "data");
  const uint64_t name = s.path_text("data"), link = s.path_text("link");
  s.succeed(SYS_stat, name, s.buffer(144));
  s.succeed(SYS_lstat, name, s.buffer(144));
  s.succeed(SYS_fstat, fd, s.buffer(144));
  s.succeed(SYS_newfstatat, AT_FDCWD, name, s.buffer(144), 0);
  s.succeed(SYS_statx, AT_FDCWD, name, 0, STATX_BASIC_STATS | STATX_BTIME, s.buffer(256));
  s.succeed(SYS_statfs, name, s.buffer(120));
  s.succeed(SYS_fstatfs, fd, s.buffer(120));
  s.call(SYS_stat, s.path_text("missing"), s.buffer(144));
  s.call(SYS_fstat, -1, s.buffer(144));
  s.call(SYS_fstat, fd, kBad);
  struct stat status {};
  fstat(int(fd), &status);
  s.call(SYS_ustat, status.st_dev, s.buffer(32));
  s.call(SYS_ustat, makedev(0, 0), s.buffer(32));
  s.succeed(SYS_access, name, R_OK);
  s.succeed(SYS_faccessat, AT_FDCWD, name, R_OK);
  s.succeed(SYS_faccessat2, AT_FDCWD, name, R_OK, 0);
  s.succeed(SYS_symlink, s.text("over there"), link);
  s.succeed(SYS_readlink, link, s.buffer(100), 100);
  s.succeed(SYS_readlink, link, s.buffer(100), 4);
  s.succeed(SYS_readlinkat, AT_FDCWD, link, s.buffer(100), 100);
  s.call(SYS_readlink, name, s.buffer(100), 100);
  const uint64_t handle = s.buffer(8 + 128);
  *reinterpret_cast<uint32_t*>(handle) = 128;
  s.call(SYS_name_to_handle_at, AT_FDCWD, name, handle, s.buffer(8), 0);
  *reinterpret_cast<uint32_t*>(handle) = 0;
  s.call(SYS_name_to_handle_at, AT_FDCWD, name, handle, s.buffer(8), 0);
  s.call(kCachestat, fd, s.put(std::array<uint64_t, 2>{0, 4096}), s.buffer(40), 0);
  s.call(kFileGetattr, AT_FDCWD, name, s.buffer(24), 24, 0);
  s.call(SYS_sysfs, 2, 0, s.buffer(100));
  s.call(SYS_sysfs, 3);
}

void directories(Scene& s) {
  open_scratch(s, "one");
  open_scratch(s, "two");
  s.succeed(SYS_mkdir, s.path_text("folder"), 0700);
  s.succeed(SYS_mkdirat, AT_FDCWD, s.path_text("folder2"), 0700);
  for (const long number : {SYS_getdents, SYS_getdents64}) {
    const int64_t fd = s.succeed(SYS_open, s.path_text("."), O_RDONLY | O_DIRECTORY);
    const uint64_t buffer = s.buffer(4096);
    s.succeed(number, fd, buffer, 70);
    s.succeed(number, fd, buffer, 4096);
    s.succeed(number, fd, buffer, 4096);
    s.call(number, fd, buffer, 1);
    s.call(number, fd, kBad, 4096);
    s.succeed(SYS_fchdir, fd);
  }
  s.succeed(SYS_chdir, s.path_text("folder"));
  s.succeed(SYS_getcwd, s.buffer(4096), 4096);
  s.call(SYS_getcwd, s.buffer(4096), 3);
  s.succeed(SYS_rmdir, s.path_text("folder2"));
  s.succeed(SYS_rename, s.path_text("one"), s.path_text("three"));
  s.succeed(SYS_renameat, AT_FDCWD, s.path_text("three"), AT_FDCWD, s.path_text("four"));
  s.succeed(SYS_renameat2, AT_FDCWD, s.path_text("four"), AT_FDCWD, s.path_text("five"), 0);
  s.succeed(SYS_link, s.path_text("five"), s.path_text("six"));
  s.succeed(SYS_linkat, AT_FDCWD, s.path_text("five"), AT_FDCWD, s.path_text("seven"), 0);
  s.succeed(SYS_symlinkat, s.text("x"), AT_FDCWD, s.path_text("eight"));
  s.succeed(SYS_unlink, s.path_text("six"));
  s.succeed(SYS_unlinkat, AT_FDCWD, s.path_text("seven"), 0);
  s.succeed(SYS_mknod, s.path_text("fifo"), S_IFIFO | 0600, 0);
  s.succeed(SYS_mknodat, AT_FDCWD, s.path_text("fifo2"), S_IFIFO | 0600, 0);
}

void attributes(Scene& s) {
  const int64_t fd = open_scratch(s, "data");
  const uint64_t name = s.path_text("data");
  s.succeed(SYS_chmod, name, 0640);
  s.succeed(SYS_fchmod, fd, 0640);
  s.succeed(SYS_fchmodat, AT_FDCWD, name, 0640);
  s.call(kFchmodat2, AT_FDCWD, name, 0640, 0);
  s.succeed(SYS_chown, name, -1, -1);
  s.succeed(SYS_fchown, fd, -1, -1);
  s.succeed(SYS_lchown, name, -1, -1);
  s.succeed(SYS_fchownat, AT_FDCWD, name, -1, -1, 0);
  s.succeed(SYS_umask, 022);
  const uint64_t times = s.put(std::array<uint64_t, 4>{1, 2, 3, 4});
  s.succeed(SYS_utime, name, times);
  s.succeed(SYS_utimes, name, times);
  s.succeed(SYS_futimesat, AT_FDCWD, name, times);
  s.succeed(SYS_utimensat, AT_FDCWD, name, times, 0);
  const uint64_t attribute = s.text("user.colour"), value = s.text("blue");
  s.call(SYS_setxattr, name, attribute, value, 4, 0);
  s.call(SYS_lsetxattr, name, attribute, value, 4, 0);
  s.call(SYS_fsetxattr, fd, attribute, value, 4, 0);
  for (const uint64_t size : {100, 4, 2, 0}) {
    s.call(SYS_getxattr, name, attribute, s.buffer(100), size);
    s.call(SYS_lgetxattr, name, attribute, s.buffer(100), size);
    s.call(SYS_fgetxattr, fd, attribute, s.buffer(100), size);
    s.call(SYS_listxattr, name, s.buffer(100), size);
    s.call(SYS_llistxattr, name, s.buffer(100), size);
    s.call(SYS_flistxattr, fd, s.buffer(100), size);
    s.call(kListxattrat, AT_FDCWD, name, 0, s.buffer(100), size);
    const uint64_t arguments = s.put(std::array<uint64_t, 2>{s.buffer(100), size});
    s.call(kGetxattrat, AT_FDCWD, name, 0, attribute, arguments, 16);
  }
  s.call(kSetxattrat, AT_FDCWD, name, 0, attribute, s.put(std::array<uint64_t, 2>{value, 4}), 16);
  s.call(kRemovexattrat, AT_FDCWD, name, 0, attribute);
  s.call(SYS_removexattr, name, attribute);
  s.call(SYS_lremovexattr, name, attribute);
  s.call(SYS_fremovexattr, fd, attribute);
}

void moving_data_inside_the_kernel(Scene& s) {
  const int64_t from = open_scratch(s, "from"), to = open_scratch(s, "to");
  const uint64_t text = s.text("some sixteen byte");
  s.succeed(SYS_write, from, text, 16);
  s.succeed(SYS_sendfile, to, from, s.put<uint64_t>(2), 8);
  s.call(SYS_sendfile, to, -1, s.put<uint64_t>(2), 8);
  s.succeed(SYS_copy_file_range, from, s.put<uint64_t>(0), to, s.put<uint64_t>(4), 8, 0);
  s.call(SYS_copy_file_range, from, s.put<uint64_t>(0), -1, s.put<uint64_t>(4), 8, 0);
  const uint64_t pipe = s.buffer(8), other = s.buffer(8);
  s.succeed(SYS_pipe2, pipe, O_NONBLOCK);
  s.succeed(SYS_pipe, other);
  const int read_end = s.get<int>(pipe), write_end = s.get<int>(pipe + 4);
  s.succeed(SYS_splice, from, s.put<uint64_t>(3), write_end, 0, 5, 0);
  s.succeed(SYS_tee, read_end, s.get<int>(other + 4), 5, 0);
  s.succeed(SYS_splice, read_end, 0, to, s.put<uint64_t>(3), 5, 0);
  s.call(SYS_splice, read_end, 0, to, s.put<uint64_t>(3), 5, 0);
  const uint64_t vector = s.put(std::array{element(text, 7)});
  s.succeed(SYS_vmsplice, write_end, vector, 1, 0);
  const uint64_t into = s.put(std::array{element(s.buffer(3), 3), element(s.buffer(30), 30)});
  s.succeed(SYS_vmsplice, read_end, into, 2, 0);
  s.call(SYS_pipe, kBad);
  s.call(SYS_pipe2, s.buffer(8), 1);
}

void descriptors(Scene& s) {
  const int64_t fd = open_scratch(s, "data");
  const int64_t copy = s.succeed(SYS_dup, fd);
  s.succeed(SYS_dup2, fd, copy);
  s.succeed(SYS_dup3, fd, copy, O_CLOEXEC);
  const uint64_t lock = s.put(flock{F_WRLCK, SEEK_SET, 0, 10, 0});
  for (const uint64_t command : {F_GETLK, 36 /* F_OFD_GETLK */, F_SETLK, F_SETLKW})
    s.succeed(SYS_fcntl, fd, command, lock);
  s.succeed(SYS_fcntl, fd, F_SETOWN, getpid());
  s.succeed(SYS_fcntl, fd, 16 /* F_GETOWN_EX */, s.buffer(8));
  s.call(SYS_fcntl, fd, 17 /* F_GETOWNER_UIDS */, s.buffer(8));
  for (const uint64_t command : {F_GETFD, F_GETFL, F_GETOWN, 11, F_GETLEASE})
    s.succeed(SYS_fcntl, fd, command, s.buffer(8));
  s.call(SYS_fcntl, fd, 1035 /* F_GET_RW_HINT */, s.buffer(8));
  s.call(SYS_fcntl, fd, 1037 /* F_GET_FILE_RW_HINT */, s.buffer(8));
  s.call(SYS_fcntl, fd, 99, s.buffer(8));
  s.succeed(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 100);
  s.succeed(SYS_flock, fd, 2);
  s.succeed(SYS_close_range, 100, 200, 0);
  s.succeed(SYS_openat2, AT_FDCWD, s.path_text("data"), s.put(std::array<uint64_t, 3>{O_RDONLY, 0, 0}), 24);
  s.succeed(SYS_creat, s.path_text("made"), 0600);
  const int64_t memory = s.succeed(SYS_memfd_create, s.text("memory"), MFD_ALLOW_SEALING);
  s.succeed(SYS_fcntl, memory, F_GET_SEALS);
  s.succeed(SYS_close, memory);
}

void ioctls_of_files(Scene& s) {
  const int64_t fd = open_scratch(s, "data");
  s.succeed(SYS_write, fd, s.text("content"), 7);
  s.call(SYS_ioctl, fd, FIONREAD, s.buffer(4));
  s.call(SYS_ioctl, fd, 0x5460 /* FIOQSIZE */, s.buffer(8));
  s.call(SYS_ioctl, fd, FIGETBSZ, s.buffer(4));
  s.call(SYS_ioctl, fd, FIBMAP, s.put(0));
  s.call(SYS_ioctl, fd, FS_IOC_GETFLAGS, s.buffer(8));
  s.call(SYS_ioctl, fd, FS_IOC_GETVERSION, s.buffer(8));
  s.call(SYS_ioctl, fd, FS_IOC_FSGETXATTR, s.buffer(28));
  s.call(SYS_ioctl, fd, FS_IOC_GETFSLABEL, s.buffer(256));
  s.call(SYS_ioctl, fd, FIONBIO, s.put(1));
  s.call(SYS_ioctl, fd, FIOCLEX);
  s.call(SYS_ioctl, fd, TCGETS, s.buffer(60));
  s.call(SYS_ioctl, fd, TIOCGWINSZ, s.buffer(8));
  s.succeed(SYS_fsync, fd);
  const uint64_t map = s.buffer(sizeof(fiemap) + 4 * sizeof(fiemap_extent));
  fiemap request{};
  request.fm_length = UINT64_MAX;
  request.fm_extent_count = 4;
  std::memcpy(reinterpret_cast<void*>(map), &request, sizeof request);
  s.call(SYS_ioctl, fd, FS_IOC_FIEMAP, map);
}

void ioctls_of_terminals(Scene& s) {
  const int64_t master = s.succeed(SYS_open, s.text("/dev/ptmx"), O_RDWR | O_NOCTTY);
  s.succeed(SYS_ioctl, master, 0x80045430 /* TIOCGPTN */, s.buffer(4));
  s.succeed(SYS_ioctl, master, 0x40045431 /* TIOCSPTLCK */, s.put(0));
  s.succeed(SYS_ioctl, master, 0x80045439 /* TIOCGPTLCK */, s.buffer(4));
  s.succeed(SYS_ioctl, master, 0x80045438 /* TIOCGPKT */, s.buffer(4));
  s.succeed(SYS_ioctl, master, 0x80045440 /* TIOCGEXCL */, s.buffer(4));
  const int64_t slave = s.succeed(SYS_ioctl, master, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY);
  s.succeed(SYS_ioctl, slave, TCGETS, s.buffer(60));
  const uint64_t settings = s.buffer(44);
  s.succeed(SYS_ioctl, slave, 0x802c542a /* TCGETS2 */, settings);
  s.succeed(SYS_ioctl, slave, 0x402c542b /* TCSETS2 */, settings);
  s.succeed(SYS_ioctl, slave, TCGETA, s.buffer(18));
  s.succeed(SYS_ioctl, slave, TIOCSWINSZ, s.put(std::array<uint16_t, 4>{24, 80, 0, 0}));
  for (const uint64_t fd : {uint64_t(master), uint64_t(slave)}) {
    s.succeed(SYS_ioctl, fd, TIOCGWINSZ, s.buffer(8));
    s.succeed(SYS_ioctl, fd, TIOCOUTQ, s.buffer(4));
    s.succeed(SYS_ioctl, fd, FIONREAD, s.buffer(4));
    s.succeed(SYS_ioctl, fd, TIOCGETD, s.buffer(4));
    s.call(SYS_ioctl, fd, TIOCGSOFTCAR, s.buffer(4));
    s.call(SYS_ioctl, fd, 0x5456 /* TIOCGLCKTRMIOS */, s.buffer(60));
    s.call(SYS_ioctl, fd, TIOCGSID, s.buffer(4));
    s.call(SYS_ioctl, fd, TIOCGPGRP, s.buffer(4));
    s.call(SYS_ioctl, fd, 0x80045432 /* TIOCGDEV */, s.buffer(4));
    s.call(SYS_ioctl, fd, TIOCMGET, s.buffer(4));
    s.call(SYS_ioctl, fd, TIOCGSERIAL, s.buffer(72));
    s.call(SYS_ioctl, fd, 0x545d /* TIOCGICOUNT */, s.buffer(80));
  }
  s.succeed(SYS_setsid);
  s.succeed(SYS_ioctl, slave, TIOCSCTTY, 0);
  s.succeed(SYS_ioctl, slave, TIOCGSID, s.buffer(4));
  s.succeed(SYS_ioctl, slave, TIOCGPGRP, s.buffer(4));
  s.succeed(SYS_write, master, s.text("line\n"), 5);
  s.succeed(SYS_read, slave, s.buffer(100), 100);
}

void mounts(Scene& s) {
  struct {
    uint32_t size = 24;
    uint32_t spare = 0;
    uint64_t mount = UINT64_MAX;  // LSMT_ROOT
    uint64_t param = 0;
  } request;
  const uint64_t ids = s.buffer(32 * 8);
  const int64_t count = s.call(kListmount, s.put(request), ids, 32, 0);
  if (count <= 0) return;
  request.mount = s.get<uint64_t>(ids);
  request.param = 0x7f;
  s.call(kStatmount, s.put(request), s.buffer(4096), 4096, 0);
  s.call(kStatmount, s.put(request), s.buffer(4096), 8, 0);
}

void memory(Scene& s) {
  void* mapping = mmap(nullptr, 5 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  const uint64_t start = pointer_to(mapping);
  s.succeed(SYS_mincore, start, 4 * 4096 + 1, s.buffer(16));
  munmap(reinterpret_cast<void*>(start + 3 * 4096), 4096);
  s.call(SYS_mincore, start, 5 * 4096, s.buffer(16));
  s.call(SYS_mincore, start + 1, 4096, s.buffer(16));
  s.call(SYS_mlock, start, 4096);
  s.call(SYS_mlock2, start, 4096, 0);
  s.call(SYS_munlock, start, 4096);
  s.succeed(SYS_msync, start, 4096, MS_ASYNC);
  s.call(SYS_get_mempolicy, s.buffer(4), s.buffer(128), 1024, 0, 0);
  s.call(SYS_set_mempolicy, 0, 0, 0);
  s.call(SYS_move_pages, 0, 2, s.put(std::array<uint64_t, 2>{start, start + 3 * 4096}), 0, s.buffer(8), 0);
}

}  // namespace

std::vector<NamedScene> file_scenes() {
  return {{"ReadingAndWriting", reading_and_writing},
          {"ReadingIntoAHole", reading_into_a_hole},
          {"AskingAboutFiles", asking_about_files},
          {"Directories", directories},
          {"Attributes", attributes},
          {"MovingDataInsideTheKernel", moving_data_inside_the_kernel},
          {"Descriptors", descriptors},
          {"IoctlsOfFiles", ioctls_of_files},
          {"IoctlsOfTerminals", ioctls_of_terminals},
          {"Mounts", mounts},
          {"Memory", memory}};
}

}  // namespace bygone
