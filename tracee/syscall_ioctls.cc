#include <asm/ioctl.h>

#include <algorithm>
#include <array>

#include "tracee/syscall_options.h"

// Requests that say nothing about themselves (those older than the _IOR convention), and those whose encoding
// lies or tells half: structures with pointers or arrays behind them. tracee/syscall_interpreter.cc says for
// which types of request the encoding is believed where no row stands here.

namespace bygone::options {
namespace {

using namespace written;
using enum WrittenWhen;

constexpr bool brief = false;
constexpr bool blocks = true;
constexpr bool unknown = true;
constexpr uint32_t kIfreq = 40, kTermios = 36;

constexpr Written out(uint32_t bytes) {
  return fixed(2, bytes);
}
constexpr Written always_out(uint32_t bytes) {
  return fixed(2, bytes, always);
}

constexpr uint64_t request(uint64_t direction, uint64_t type, uint64_t number, uint64_t size_bytes) {
  return direction << _IOC_DIRSHIFT | size_bytes << _IOC_SIZESHIFT | type << _IOC_TYPESHIFT |
         number << _IOC_NRSHIFT;
}
template <size_t N>
constexpr std::array<OptionRow, N> sorted(std::array<OptionRow, N> rows) {
  std::sort(rows.begin(), rows.end(),
            [](const OptionRow& a, const OptionRow& b) { return a.option < b.option; });
  return rows;
}
constexpr uint64_t kWrite = _IOC_WRITE, kRead = _IOC_READ, kReadWrite = _IOC_READ | _IOC_WRITE;

constexpr auto kIoctls = sorted(std::to_array<OptionRow>({
    // Files
    {0x0001, "FIBMAP", {out(4)}},
    {0x0002, "FIGETBSZ", {out(4)}},
    // Disks
    {0x0301, "HDIO_GETGEO", {out(16)}},
    {0x030d, "HDIO_GET_IDENTITY", {out(512)}},
    {0x125d, "BLKROSET"},
    {0x125e, "BLKROGET", {out(4)}},
    {0x125f, "BLKRRPART"},
    {0x1260, "BLKGETSIZE", {out(8)}},
    {0x1261, "BLKFLSBUF"},
    {0x1262, "BLKRASET"},
    {0x1263, "BLKRAGET", {out(8)}},
    {0x1264, "BLKFRASET"},
    {0x1265, "BLKFRAGET", {out(8)}},
    {0x1266, "BLKSECTSET"},
    {0x1267, "BLKSECTGET", {out(2)}},
    {0x1268, "BLKSSZGET", {out(4)}},
    {0x1269, "BLKPG"},
    {0x1277, "BLKDISCARD"},
    {0x1278, "BLKIOMIN", {out(4)}},
    {0x1279, "BLKIOOPT", {out(4)}},
    {0x127a, "BLKALIGNOFF", {out(4)}},
    {0x127b, "BLKPBSZGET", {out(4)}},
    {0x127c, "BLKDISCARDZEROES", {out(4)}},
    {0x127d, "BLKSECDISCARD"},
    {0x127e, "BLKROTATIONAL", {out(2)}},
    {0x127f, "BLKZEROOUT"},
    {0x2282, "SG_GET_VERSION_NUM", {out(4)}},
    {0x2285, "SG_IO", {}, blocks, unknown},
    // Consoles
    {0x4b2f, "KIOCSOUND"},
    {0x4b30, "KDMKTONE"},
    {0x4b31, "KDGETLED", {out(1)}},
    {0x4b32, "KDSETLED"},
    {0x4b33, "KDGKBTYPE", {out(1)}},
    {0x4b3a, "KDSETMODE"},
    {0x4b3b, "KDGETMODE", {out(4)}},
    {0x4b44, "KDGKBMODE", {out(4)}},
    {0x4b45, "KDSKBMODE"},
    {0x4b46, "KDGKBENT", {out(4)}},
    {0x4b62, "KDGKBMETA", {out(4)}},
    {0x4b63, "KDSKBMETA"},
    {0x4b64, "KDGKBLED", {out(1)}},
    {0x4b65, "KDSKBLED"},
    // Loop devices
    {0x4c00, "LOOP_SET_FD"},
    {0x4c01, "LOOP_CLR_FD"},
    {0x4c02, "LOOP_SET_STATUS"},
    {0x4c03, "LOOP_GET_STATUS", {out(168)}},
    {0x4c04, "LOOP_SET_STATUS64"},
    {0x4c05, "LOOP_GET_STATUS64", {out(232)}},
    {0x4c06, "LOOP_CHANGE_FD"},
    {0x4c07, "LOOP_SET_CAPACITY"},
    {0x4c08, "LOOP_SET_DIRECT_IO"},
    {0x4c09, "LOOP_SET_BLOCK_SIZE"},
    {0x4c0a, "LOOP_CONFIGURE"},
    {0x4c80, "LOOP_CTL_ADD"},
    {0x4c81, "LOOP_CTL_REMOVE"},
    {0x4c82, "LOOP_CTL_GET_FREE"},
    // Terminals
    {0x5401, "TCGETS", {out(kTermios)}},
    {0x5402, "TCSETS"},
    {0x5403, "TCSETSW", {}, blocks},
    {0x5404, "TCSETSF", {}, blocks},
    {0x5405, "TCGETA", {out(18)}},
    {0x5406, "TCSETA"},
    {0x5407, "TCSETAW", {}, blocks},
    {0x5408, "TCSETAF", {}, blocks},
    {0x5409, "TCSBRK", {}, blocks},
    {0x540a, "TCXONC"},
    {0x540b, "TCFLSH"},
    {0x540c, "TIOCEXCL"},
    {0x540d, "TIOCNXCL"},
    {0x540e, "TIOCSCTTY"},
    {0x540f, "TIOCGPGRP", {out(4)}},
    {0x5410, "TIOCSPGRP"},
    {0x5411, "TIOCOUTQ", {out(4)}},
    {0x5412, "TIOCSTI"},
    {0x5413, "TIOCGWINSZ", {out(8)}},
    {0x5414, "TIOCSWINSZ"},
    {0x5415, "TIOCMGET", {out(4)}},
    {0x5416, "TIOCMBIS"},
    {0x5417, "TIOCMBIC"},
    {0x5418, "TIOCMSET"},
    {0x5419, "TIOCGSOFTCAR", {out(4)}},
    {0x541a, "TIOCSSOFTCAR"},
    {0x541b, "FIONREAD", {out(4)}},
    {0x541c, "TIOCLINUX", {out(1)}},
    {0x541d, "TIOCCONS"},
    {0x541e, "TIOCGSERIAL", {out(72)}},
    {0x541f, "TIOCSSERIAL"},
    {0x5420, "TIOCPKT"},
    {0x5421, "FIONBIO"},
    {0x5422, "TIOCNOTTY"},
    {0x5423, "TIOCSETD"},
    {0x5424, "TIOCGETD", {out(4)}},
    {0x5425, "TCSBRKP", {}, blocks},
    {0x5427, "TIOCSBRK"},
    {0x5428, "TIOCCBRK"},
    {0x5429, "TIOCGSID", {out(4)}},
    {0x542e, "TIOCGRS485", {out(32)}},
    {0x542f, "TIOCSRS485", {out(32)}},
    {0x5432, "TCGETX", {out(16)}},
    {0x5433, "TCSETX"},
    {0x5434, "TCSETXF"},
    {0x5435, "TCSETXW"},
    {0x5437, "TIOCVHANGUP"},
    {0x5441, "TIOCGPTPEER"},
    {0x5450, "FIONCLEX"},
    {0x5451, "FIOCLEX"},
    {0x5452, "FIOASYNC"},
    {0x5453, "TIOCSERCONFIG"},
    {0x5454, "TIOCSERGWILD", {out(4)}},
    {0x5455, "TIOCSERSWILD"},
    {0x5456, "TIOCGLCKTRMIOS", {out(kTermios)}},
    {0x5457, "TIOCSLCKTRMIOS"},
    {0x5459, "TIOCSERGETLSR", {out(4)}},
    {0x545c, "TIOCMIWAIT", {}, blocks},
    {0x545d, "TIOCGICOUNT", {out(80)}},
    {0x5460, "FIOQSIZE", {out(8)}},
    {0x54e3, "TUNGETDEVNETNS"},
    {0x5600, "VT_OPENQRY", {out(4)}},
    {0x5601, "VT_GETMODE", {out(8)}},
    {0x5602, "VT_SETMODE"},
    {0x5603, "VT_GETSTATE", {out(6)}},
    {0x5605, "VT_RELDISP"},
    {0x5606, "VT_ACTIVATE"},
    {0x5607, "VT_WAITACTIVE", {}, blocks},
    {0x5608, "VT_DISALLOCATE"},
    // Sockets. Device requests give the whole structure back.
    {0x8901, "FIOSETOWN"},
    {0x8902, "SIOCSPGRP"},
    {0x8903, "FIOGETOWN", {out(4)}},
    {0x8904, "SIOCGPGRP", {out(4)}},
    {0x8905, "SIOCATMARK", {out(4)}},
    {0x8906, "SIOCGSTAMP", {out(16)}},
    {0x8907, "SIOCGSTAMPNS", {out(16)}},
    {0x890b, "SIOCADDRT"},
    {0x890c, "SIOCDELRT"},
    {0x8910, "SIOCGIFNAME", {always_out(kIfreq)}},
    {0x8911, "SIOCSIFLINK"},
    // struct ifconf: length, and the pointer to where the interfaces go.
    {0x8912, "SIOCGIFCONF", {out(16), by_field_u32(2, 2).via(8)}},
    {0x8913, "SIOCGIFFLAGS", {always_out(kIfreq)}},
    {0x8914, "SIOCSIFFLAGS", {always_out(kIfreq)}},
    {0x8915, "SIOCGIFADDR", {always_out(kIfreq)}},
    {0x8916, "SIOCSIFADDR", {always_out(kIfreq)}},
    {0x8917, "SIOCGIFDSTADDR", {always_out(kIfreq)}},
    {0x8918, "SIOCSIFDSTADDR", {always_out(kIfreq)}},
    {0x8919, "SIOCGIFBRDADDR", {always_out(kIfreq)}},
    {0x891a, "SIOCSIFBRDADDR", {always_out(kIfreq)}},
    {0x891b, "SIOCGIFNETMASK", {always_out(kIfreq)}},
    {0x891c, "SIOCSIFNETMASK", {always_out(kIfreq)}},
    {0x891d, "SIOCGIFMETRIC", {always_out(kIfreq)}},
    {0x891e, "SIOCSIFMETRIC", {always_out(kIfreq)}},
    {0x891f, "SIOCGIFMEM", {always_out(kIfreq)}},
    {0x8920, "SIOCSIFMEM", {always_out(kIfreq)}},
    {0x8921, "SIOCGIFMTU", {always_out(kIfreq)}},
    {0x8922, "SIOCSIFMTU", {always_out(kIfreq)}},
    {0x8923, "SIOCSIFNAME", {always_out(kIfreq)}},
    {0x8924, "SIOCSIFHWADDR", {always_out(kIfreq)}},
    {0x8925, "SIOCGIFENCAP", {always_out(kIfreq)}},
    {0x8926, "SIOCSIFENCAP", {always_out(kIfreq)}},
    {0x8927, "SIOCGIFHWADDR", {always_out(kIfreq)}},
    {0x8929, "SIOCGIFSLAVE", {always_out(kIfreq)}},
    {0x8930, "SIOCSIFSLAVE", {always_out(kIfreq)}},
    {0x8931, "SIOCADDMULTI", {always_out(kIfreq)}},
    {0x8932, "SIOCDELMULTI", {always_out(kIfreq)}},
    {0x8933, "SIOCGIFINDEX", {always_out(kIfreq)}},
    {0x8934, "SIOCSIFPFLAGS", {always_out(kIfreq)}},
    {0x8935, "SIOCGIFPFLAGS", {always_out(kIfreq)}},
    {0x8936, "SIOCDIFADDR", {always_out(kIfreq)}},
    {0x8937, "SIOCSIFHWBROADCAST", {always_out(kIfreq)}},
    {0x8938, "SIOCGIFCOUNT", {always_out(kIfreq)}},
    {0x8942, "SIOCGIFTXQLEN", {always_out(kIfreq)}},
    {0x8943, "SIOCSIFTXQLEN", {always_out(kIfreq)}},
    {0x8946, "SIOCETHTOOL", {always_out(kIfreq)}, brief, unknown},
    {0x8947, "SIOCGMIIPHY", {always_out(kIfreq)}},
    {0x8948, "SIOCGMIIREG", {always_out(kIfreq)}},
    {0x8949, "SIOCSMIIREG", {always_out(kIfreq)}},
    {0x894b, "SIOCOUTQNSD", {out(4)}},
    {0x894c, "SIOCGSKNS"},
    {0x8953, "SIOCDARP"},
    {0x8954, "SIOCGARP", {out(68)}},
    {0x8955, "SIOCSARP"},
    {0x8970, "SIOCGIFMAP", {always_out(kIfreq)}},
    {0x8971, "SIOCSIFMAP", {always_out(kIfreq)}},
    {0x8982, "SIOCGIFVLAN", {out(56)}},
    {0x8983, "SIOCSIFVLAN", {out(56)}},
    {0x89a0, "SIOCBRADDBR"},
    {0x89a1, "SIOCBRDELBR"},
    {0x89a2, "SIOCBRADDIF"},
    {0x89a3, "SIOCBRDELIF"},
    // SIOCUNIXFILE of Unix sockets writes nothing; SIOCGETVIFCNT and SIOCGETMIFCNT_IN6 of routing sockets
    // write 40
    // bytes, SIOCX25GSUBSCRIP 208.
    {0x89e0, "SIOCPROTOPRIVATE", {out(208)}},
    {0x8b01, "SIOCGIWNAME", {always_out(32)}},
    // Namespaces and pidfds
    {request(0, 0xb7, 4, 0), "NS_GET_OWNER_UID", {out(4)}},
    // Writing direction, and yet the interface's name comes back.
    {request(kWrite, 'T', 202, 4), "TUNSETIFF", {always_out(kIfreq)}},
    {request(kWrite, 'E', 0x80, 48), "EVIOCSFF", {always_out(48)}},
    {request(kWrite, 'f', 20, 16), "FS_IOC_GET_ENCRYPTION_PWSALT", {out(16)}},
    {request(kWrite, 'f', 21, 12), "FS_IOC_GET_ENCRYPTION_POLICY", {out(12)}},
    {request(kWrite, 'f', 41, 4), "EXT4_IOC_GETSTATE", {out(4)}},
    // A reading direction that carries a pointer inside.
    {request(kRead, 'E', 0x92, 16), "EVIOCGMASK", {}, brief, unknown},
    {request(kRead, 'T', 210, 4), "TUNGETIFF", {out(kIfreq)}},
    // struct perf_event_query_bpf: length, count, and the ids behind it.
    {request(kReadWrite, '$', 10, 8), "PERF_EVENT_IOC_QUERY_BPF", {by_field_u32(2, 2, 4, 4).plus(8)}},
    // struct pm_scan_arg: the regions found go to `vec`.
    {request(kReadWrite, 'f', 16, 96),
     "PAGEMAP_SCAN",
     {always_out(96), by_result(2, kNoArgument, 24).via(40)}},
    // struct procmap_query: name and build id go where it points.
    {request(kReadWrite, 'f', 17, 104),
     "PROCMAP_QUERY",
     {always_out(104), by_field_u32(2, 2, 80).via(88), by_field_u32(2, 2, 84).via(96)}},
    // struct fiemap: extents behind it.
    {request(kReadWrite, 'f', 11, 32), "FS_IOC_FIEMAP", {by_field_u32(2, 2, 20, 56).plus(32).on(always)}},
    {request(kReadWrite, 'f', 42, 32),
     "EXT4_IOC_GET_ES_CACHE",
     {by_field_u32(2, 2, 20, 56).plus(32).on(always)}},
    {request(kReadWrite, 'f', 22, 9), "FS_IOC_GET_ENCRYPTION_POLICY_EX", {}, brief, unknown},
    {request(kReadWrite, 'f', 134, 4), "FS_IOC_MEASURE_VERITY", {}, brief, unknown},
    {request(kReadWrite, 'f', 135, 40), "FS_IOC_READ_VERITY_METADATA", {}, brief, unknown},
    {request(kReadWrite, 0x12, 130, 16), "BLKREPORTZONE", {}, brief, unknown},
    // struct file_dedupe_range: an entry for each destination behind it.
    {request(kReadWrite, 0x94, 54, 24), "FIDEDUPERANGE", {by_field_u32(2, 2, 16, 32).plus(24)}, blocks},
    // struct uffdio_copy: destination, source, length, mode, bytes done.
    {request(kReadWrite, 0xaa, 0x03, 40), "UFFDIO_COPY", {always_out(40)}},
    // struct uffdio_zeropage: start, length, mode, bytes done. What is provided is known before (recorder).
    {request(kReadWrite, 0xaa, 0x04, 32), "UFFDIO_ZEROPAGE", {always_out(32)}},
    {request(kReadWrite, 0xaa, 0x05, 40), "UFFDIO_MOVE", {always_out(40)}},  // refused
}));

}  // namespace

const OptionTable ioctl_requests = {.argument = 1, .unlisted = Unlisted::by_direction, .rows = kIoctls};

}  // namespace bygone::options
