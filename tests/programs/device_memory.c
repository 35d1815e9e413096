// Mapped memory that the kernel writes: a ring of perf events, a map of BPF programs, a packet socket's ring.
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/perf_event.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "program.h"

static void perf(void) {
  struct perf_event_attr a = {.size = sizeof a, .type = PERF_TYPE_SOFTWARE, .config = PERF_COUNT_SW_DUMMY};
  a.sample_id_all = a.comm = a.mmap = 1;
  int fd = syscall(SYS_perf_event_open, &a, 0, -1, -1, 0);
  if (fd < 0) return;
  struct perf_event_mmap_page* m = mmap(0, 5 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (m == MAP_FAILED) return;
  for (int i = 0; i < 5; i++) {
    char name[16];
    snprintf(name, sizeof name, "name%d", i);
    prctl(PR_SET_NAME, name);
    say("perf %d %llu\n", i, (unsigned long long)m->data_head);
    m->data_tail = m->data_head;
  }
}

static void bpf(void) {
  union bpf_attr a;
  memset(&a, 0, sizeof a);
  a.map_type = BPF_MAP_TYPE_ARRAY;
  a.key_size = 4;
  a.value_size = 8;
  a.max_entries = 64;
  a.map_flags = BPF_F_MMAPABLE;
  int fd = syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof a);
  if (fd < 0) return;
  long* m = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (m == MAP_FAILED) return;
  for (int key = 0; key < 4; key++) {
    long value = key * 100 + 7;
    memset(&a, 0, sizeof a);
    a.map_fd = fd;
    a.key = (uint64_t)&key;
    a.value = (uint64_t)&value;
    int r = syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &a, sizeof a);
    say("bpf %d %ld\n", r, m[key]);
  }
  if (fork() == 0) {
    m[1] = 5;
    _exit(0);
  }
  wait(0);
  say("bpf %ld\n", m[1]);
}

static void packets(void) {
  int s = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_IP));
  if (s < 0) return;
  struct tpacket_req req = {.tp_block_size = 4096, .tp_block_nr = 4, .tp_frame_size = 2048, .tp_frame_nr = 8};
  struct sockaddr_ll loop = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = if_nametoindex("lo")};
  if (setsockopt(s, SOL_PACKET, PACKET_RX_RING, &req, sizeof req) || bind(s, (void*)&loop, sizeof loop))
    return;
  char* m = mmap(0, 4 * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, s, 0);
  if (m == MAP_FAILED) return;
  int u = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in to = {
      .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  for (int i = 0; i < 3; i++) {
    sendto(u, "to nobody", 9, 0, (void*)&to, sizeof to);
    struct pollfd p = {s, POLLIN, 0};
    poll(&p, 1, 1000);
    struct tpacket_hdr* h = (void*)(m + i * 2048);
    say("packet %lu %u\n", h->tp_status & TP_STATUS_USER, h->tp_len);
    h->tp_status = TP_STATUS_KERNEL;
  }
}

int main(void) {
  perf();
  bpf();
  packets();
  return 0;
}
