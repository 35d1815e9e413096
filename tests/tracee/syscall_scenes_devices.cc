#include <fcntl.h>
#include <linux/fs.h>
#include <linux/hdreg.h>
#include <linux/nsfs.h>
#include <linux/perf_event.h>
#include <linux/random.h>
#include <linux/rtc.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "syscall_scene.h"

namespace bygone {
namespace {

// Structures newer than the headers of Debian 12, as arrays of 64-bit words.
constexpr uint64_t kProcmapQuery = 0xc0686611, kPagemapScan = 0xc0606610;

int64_t open_quietly(Scene& s, const char* path, int flags = O_RDONLY) {
  return s.call(SYS_openat, AT_FDCWD, s.text(path), flags | O_CLOEXEC, 0);
}

void asking_about_memory(Scene& s) {
  const int64_t maps = open_quietly(s, "/proc/self/maps");
  std::array<uint64_t, 13> query{};
  query[0] = 104;
  query[1] = 0x10 | 0x20;  // this mapping or the next one; of files only
  query[10] = 64 | uint64_t{32} << 32;
  query[11] = s.buffer(64);
  query[12] = s.buffer(32);
  s.call(SYS_ioctl, maps, kProcmapQuery, s.put(query));
  query[10] = 2;
  s.call(SYS_ioctl, maps, kProcmapQuery, s.put(query));
  s.call(SYS_read, maps, s.buffer(4096), 4096);

  const int64_t pagemap = open_quietly(s, "/proc/self/pagemap");
  const uint64_t page = (s.buffer(8192) + 4095) & ~4095ul;
  std::array<uint64_t, 12> scan{};
  scan[0] = 96;
  scan[2] = page;
  scan[3] = page + 4096;
  scan[5] = s.buffer(24 * 8);
  scan[6] = 8;
  scan[10] = scan[11] = 8;  // present pages
  s.call(SYS_ioctl, pagemap, kPagemapScan, s.put(scan));
  scan[3] = 1;
  s.call(SYS_ioctl, pagemap, kPagemapScan, s.put(scan));
  s.call(SYS_pread64, pagemap, s.buffer(16), 16, page / 4096 * 8);
}

void namespaces_and_processes(Scene& s) {
  for (const char* kind : {"user", "pid", "mnt", "net"}) {
    const int64_t fd = open_quietly(s, (std::string("/proc/self/ns/") + kind).c_str());
    s.call(SYS_ioctl, fd, NS_GET_NSTYPE);
    s.call(SYS_ioctl, fd, NS_GET_OWNER_UID, s.buffer(4));
    s.call(SYS_ioctl, fd, NS_GET_USERNS);
    s.call(SYS_ioctl, fd, 0x8008b705 /* NS_GET_MNTNS_ID */, s.buffer(8));
    s.call(SYS_ioctl, fd, 0x8010b70a /* NS_MNT_GET_INFO */, s.put(std::array<uint64_t, 2>{16, 0}));
  }
  const int64_t self = s.call(SYS_pidfd_open, getpid(), 0);
  s.call(SYS_ioctl, self, 0xc040ff0b /* PIDFD_GET_INFO */, s.put(std::array<uint64_t, 8>{0xff}));
  s.call(SYS_ioctl, self, 0xff03 /* PIDFD_GET_MNT_NAMESPACE */, 0);
  s.call(SYS_ioctl, s.call(SYS_epoll_create1, 0), 0x80088a02 /* EPIOCGPARAMS */, s.buffer(8));
}

void characters(Scene& s) {
  s.call(SYS_ioctl, open_quietly(s, "/dev/random"), RNDGETENTCNT, s.buffer(4));
  const int64_t clock = open_quietly(s, "/dev/rtc0");
  s.call(SYS_ioctl, clock, RTC_RD_TIME, s.buffer(sizeof(rtc_time)));
  s.call(SYS_ioctl, clock, RTC_EPOCH_READ, s.buffer(8));
  s.call(SYS_ioctl, open_quietly(s, "/dev/zero"), FIONREAD, s.buffer(4));
  s.call(SYS_read, open_quietly(s, "/dev/zero"), s.buffer(100), 100);
  s.call(SYS_read, open_quietly(s, "/proc/self/stat"), s.buffer(1000), 1000);
  const int64_t tunnel = open_quietly(s, "/dev/net/tun", O_RDWR);
  s.call(SYS_ioctl, tunnel, 0x800454cf /* TUNGETFEATURES */, s.buffer(4));
  s.call(SYS_ioctl, tunnel, 0x800454d2 /* TUNGETIFF */, s.buffer(40));
  s.call(SYS_ioctl, tunnel, 0x800454d3 /* TUNGETSNDBUF */, s.buffer(4));
}

void disks(Scene& s) {
  for (const char* path : {"/dev/vda", "/dev/sda", "/dev/nvme0n1", "/dev/loop0"}) {
    const int64_t fd = open_quietly(s, path, O_RDONLY | O_NONBLOCK);
    if (fd < 0) continue;
    for (const uint64_t code : {BLKROGET, BLKGETSIZE, BLKRAGET, BLKFRAGET, BLKSECTGET, BLKSSZGET, BLKIOMIN,
                                BLKIOOPT, BLKALIGNOFF, BLKPBSZGET, BLKDISCARDZEROES, BLKROTATIONAL})
      s.call(SYS_ioctl, fd, code, s.buffer(8));
    s.call(SYS_ioctl, fd, BLKBSZGET, s.buffer(8));
    s.call(SYS_ioctl, fd, BLKGETSIZE64, s.buffer(8));
    s.call(SYS_ioctl, fd, 0x80081280 /* BLKGETDISKSEQ */, s.buffer(8));
    s.call(SYS_ioctl, fd, HDIO_GETGEO, s.buffer(16));
    s.call(SYS_ioctl, fd, HDIO_GET_IDENTITY, s.buffer(512));
    s.call(SYS_ioctl, fd, 0x4c03 /* LOOP_GET_STATUS */, s.buffer(168));
    s.call(SYS_ioctl, fd, 0x4c05 /* LOOP_GET_STATUS64 */, s.buffer(232));
  }
}

void watching_faults(Scene& s) {
  const int64_t fd = s.call(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | UFFD_USER_MODE_ONLY);
  if (fd < 0) return;
  s.call(SYS_ioctl, fd, UFFDIO_API, s.put(std::array<uint64_t, 3>{0xaa, uint64_t{1} << 62, 0}));
  s.call(SYS_ioctl, fd, UFFDIO_API, s.put(std::array<uint64_t, 3>{0xaa, 0, 0}));
  const uint64_t page = (s.buffer(8192) + 4095) & ~4095ul;
  s.call(SYS_ioctl, fd, UFFDIO_REGISTER,
         s.put(std::array<uint64_t, 4>{page, 4096, UFFDIO_REGISTER_MODE_MISSING, 0}));
  s.call(SYS_ioctl, fd, UFFDIO_COPY, s.put(std::array<uint64_t, 5>{page, page + 4096, 4096, 0, 77}));
  s.call(SYS_ioctl, fd, UFFDIO_ZEROPAGE, s.put(std::array<uint64_t, 4>{page, 4096, 0, 77}));
  s.call(SYS_ioctl, fd, UFFDIO_WAKE, s.put(std::array<uint64_t, 2>{page, 4096}));
  s.call(SYS_ioctl, fd, UFFDIO_UNREGISTER, s.put(std::array<uint64_t, 2>{page, 4096}));
}

void counting(Scene& s) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_TASK_CLOCK;
  attributes.read_format = PERF_FORMAT_ID | PERF_FORMAT_TOTAL_TIME_ENABLED;
  const int64_t fd = s.call(SYS_perf_event_open, s.put(attributes), 0, -1, -1, 0);
  s.call(SYS_ioctl, fd, PERF_EVENT_IOC_ID, s.buffer(8));
  s.call(SYS_ioctl, fd, PERF_EVENT_IOC_RESET, 0);
  s.call(SYS_read, fd, s.buffer(64), 64);
  s.call(SYS_pkey_alloc, 0, 0);
  s.call(SYS_pkey_free, 5);
}

}  // namespace

std::vector<NamedScene> device_scenes() {
  return {{"AskingAboutMemory", asking_about_memory}, {"NamespacesAndProcesses", namespaces_and_processes},
          {"CharacterDevices", characters},           {"Disks", disks},
          {"WatchingFaults", watching_faults},        {"Counting", counting}};
}

}  // namespace bygone
