// Files and directories: the stat family, getdents, links, rename, truncate, access, times, umask.
#include <dirent.h>
#include <sys/statfs.h>

#include "program.h"
int main(void) {
  char folder[] = "/tmp/bygone-files-XXXXXX";
  CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
  umask(027);
  int fd = open("file", O_CREAT | O_RDWR, 0666);
  CHECK(fd >= 0 && write(fd, "12345", 5) == 5 && ftruncate(fd, 3) == 0 && fsync(fd) == 0);
  struct stat info;
  CHECK(fstat(fd, &info) == 0 && info.st_size == 3 && (info.st_mode & 0777) == 0640);
  say("inode %lu time %ld.%09ld\n", (unsigned long)info.st_ino, (long)info.st_mtim.tv_sec,
      info.st_mtim.tv_nsec);
  CHECK(link("file", "hard") == 0 && symlink("file", "soft") == 0 && mkdir("sub", 0700) == 0);
  CHECK(lstat("soft", &info) == 0 && S_ISLNK(info.st_mode) && stat("hard", &info) == 0 && info.st_nlink == 2);
  struct statx extended;
  CHECK(statx(AT_FDCWD, "file", 0, STATX_ALL, &extended) == 0);
  say("statx mask %#x blocks %llu\n", extended.stx_mask, (unsigned long long)extended.stx_blocks);
  char text[200];
  ssize_t size = readlink("soft", text, sizeof text);
  CHECK(size == 4 && memcmp(text, "file", 4) == 0);
  CHECK(getcwd(text, sizeof text) != NULL && strcmp(text, folder) == 0);
  CHECK(access("file", R_OK) == 0 && access("none", F_OK) == -1 && errno == ENOENT);
  CHECK(rename("hard", "sub/hard") == 0 && chmod("file", 0600) == 0);
  struct timespec times[2] = {{1000, 5}, {2000, 6}};
  CHECK(utimensat(AT_FDCWD, "file", times, 0) == 0 && stat("file", &info) == 0 && info.st_mtime == 2000);
  struct statfs system;
  CHECK(statfs(".", &system) == 0);
  say("file system %#lx, %ld blocks free\n", (long)system.f_type, (long)system.f_bfree);
  DIR* listing = opendir(".");
  CHECK(listing != NULL);
  int count = 0;
  for (struct dirent* entry; (entry = readdir(listing)) != NULL; ++count)
    say("%s %lu %d\n", entry->d_name, (unsigned long)entry->d_ino, entry->d_type);
  closedir(listing);
  CHECK(count == 5);
  CHECK(unlink("sub/hard") == 0 && rmdir("sub") == 0 && unlink("soft") == 0 && unlink("file") == 0);
  CHECK(chdir("/") == 0 && rmdir(folder) == 0);
  return 0;
}
