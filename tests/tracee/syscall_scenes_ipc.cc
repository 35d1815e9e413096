#include <fcntl.h>
#include <linux/futex.h>
#include <mqueue.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

#include "syscall_scene.h"

namespace bygone {
namespace {

void shared_memory(Scene& s) {
  const int64_t id = s.succeed(SYS_shmget, IPC_PRIVATE, 8192, IPC_CREAT | 0600);
  s.succeed(SYS_shmctl, id, IPC_STAT, s.buffer(112));
  s.succeed(SYS_shmctl, 0, IPC_INFO, s.buffer(72));
  s.succeed(SYS_shmctl, 0, SHM_INFO, s.buffer(48));
  s.call(SYS_shmctl, 0, SHM_STAT, s.buffer(112));
  s.call(SYS_shmctl, 0, 15 /* SHM_STAT_ANY */, s.buffer(112));
  s.succeed(SYS_shmctl, id, IPC_RMID, 0);
  s.call(SYS_shmctl, id, IPC_STAT, s.buffer(112));
}

void semaphores(Scene& s) {
  const int64_t id = s.succeed(SYS_semget, IPC_PRIVATE, 5, IPC_CREAT | 0600);
  s.succeed(SYS_semctl, id, 0, SETVAL, 3);
  s.succeed(SYS_semop, id, s.put(sembuf{0, -1, 0}), 1);
  s.succeed(SYS_semtimedop, id, s.put(sembuf{0, -1, IPC_NOWAIT}), 1, 0);
  s.succeed(SYS_semctl, id, 0, IPC_STAT, s.buffer(104));
  s.succeed(SYS_semctl, id, 0, IPC_INFO, s.buffer(40));
  s.succeed(SYS_semctl, id, 0, SEM_INFO, s.buffer(40));
  s.call(SYS_semctl, 0, 0, SEM_STAT, s.buffer(104));
  s.succeed(SYS_semctl, id, 0, GETVAL, 0);
  s.succeed(SYS_semctl, id, 0, GETPID, 0);
  s.allow_predicted_bytes(1 << 16);  // only the kernel knows how many there are
  s.succeed(SYS_semctl, id, 0, GETALL, s.buffer(10));
  s.succeed(SYS_semctl, id, 0, IPC_RMID, 0);
}

void message_queues(Scene& s) {
  const int64_t id = s.succeed(SYS_msgget, IPC_PRIVATE, IPC_CREAT | 0600);
  struct {
    long type = 7;
    char text[16] = "a message";
  } message;
  s.succeed(SYS_msgsnd, id, s.put(message), 10, 0);
  s.succeed(SYS_msgctl, id, IPC_STAT, s.buffer(120));
  s.succeed(SYS_msgctl, 0, IPC_INFO, s.buffer(32));
  s.succeed(SYS_msgctl, 0, MSG_INFO, s.buffer(32));
  s.call(SYS_msgctl, 0, MSG_STAT, s.buffer(120));
  s.call(SYS_msgrcv, id, s.buffer(100), 4, 0, IPC_NOWAIT);
  s.succeed(SYS_msgrcv, id, s.buffer(100), 92, 0, IPC_NOWAIT);
  s.call(SYS_msgrcv, id, s.buffer(100), 92, 0, IPC_NOWAIT);
  s.succeed(SYS_msgctl, id, IPC_RMID, 0);
}

void posix_queues(Scene& s) {
  const std::string name = "bygone-scene-" + std::to_string(getpid());
  const mq_attr wanted = {0, 4, 64, 0, {}};
  const int64_t queue =
      s.call(SYS_mq_open, s.text(name.c_str()), O_RDWR | O_CREAT | O_NONBLOCK, 0600, s.put(wanted));
  if (queue < 0) return;
  s.succeed(SYS_mq_timedsend, queue, s.text("urgent"), 6, 5, 0);
  s.succeed(SYS_mq_getsetattr, queue, s.put(wanted), s.buffer(64));
  s.succeed(SYS_mq_notify, queue, 0);
  s.succeed(SYS_mq_timedreceive, queue, s.buffer(64), 64, s.buffer(4), 0);
  s.call(SYS_mq_timedreceive, queue, s.buffer(64), 64, s.buffer(4), s.put(std::array<uint64_t, 2>{0, 1}));
  s.succeed(SYS_mq_unlink, s.text(name.c_str()));
}

void futexes(Scene& s) {
  const uint64_t word = s.put(0u), other = s.put(5u);
  s.succeed(SYS_futex, word, FUTEX_WAKE, 1);
  s.call(SYS_futex, word, FUTEX_WAIT, 1, 0);
  s.call(SYS_futex, word, FUTEX_WAIT_BITSET | FUTEX_PRIVATE_FLAG, 0, s.put(std::array<uint64_t, 2>{0, 1}), 0,
         -1);
  s.succeed(SYS_futex, word, FUTEX_WAKE_OP | FUTEX_PRIVATE_FLAG, 1, 1, other,
            FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 5));
  s.succeed(SYS_futex, word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0);
  s.call(SYS_futex, word, FUTEX_LOCK_PI | FUTEX_PRIVATE_FLAG, 0, 0);
  s.succeed(SYS_futex, word, FUTEX_UNLOCK_PI | FUTEX_PRIVATE_FLAG);
  s.succeed(SYS_futex, word, FUTEX_TRYLOCK_PI);
  s.call(SYS_futex, word, 13 /* FUTEX_LOCK_PI2 */, 0, 0);
  s.call(SYS_futex, word, FUTEX_CMP_REQUEUE, 1, 1, other, 77);
  s.call(SYS_futex, word, 99);
  s.call(SYS_futex_waitv, 8, 1, 0, 0, 0);
  const uint64_t head = s.buffer(24);
  s.succeed(SYS_get_robust_list, 0, s.buffer(8), s.buffer(8));
  s.call(SYS_set_robust_list, head, 3);
}

void notices(Scene& s) {
  const int64_t fd = s.succeed(SYS_inotify_init1, IN_NONBLOCK);
  s.succeed(SYS_inotify_init);
  const int64_t watch = s.succeed(SYS_inotify_add_watch, fd, s.path_text("."), IN_CREATE);
  s.succeed(SYS_creat, s.path_text("new"), 0600);
  s.succeed(SYS_read, fd, s.buffer(200), 200);
  s.succeed(SYS_inotify_rm_watch, fd, watch);
  s.call(SYS_fanotify_init, 0, 0);
  s.call(SYS_landlock_create_ruleset, 0, 0, 1);
}

void keys(Scene& s) {
  const int64_t ring = s.call(SYS_keyctl, 0 /* GET_KEYRING_ID */, -2, 1);
  const int64_t key = s.call(SYS_add_key, s.text("user"), s.text("bygone"), s.text("secret"), 6, -2);
  s.call(SYS_keyctl, 11 /* READ */, key, s.buffer(100), 100);
  s.call(SYS_keyctl, 11, key, s.buffer(100), 3);
  s.call(SYS_keyctl, 6 /* DESCRIBE */, ring, s.buffer(200), 200);
  s.call(SYS_keyctl, 6, ring, s.buffer(200), 2);
  s.call(SYS_keyctl, 17 /* GET_SECURITY */, key, s.buffer(200), 200);
  s.call(SYS_keyctl, 31 /* CAPABILITIES */, s.buffer(16), 16);
  s.call(SYS_request_key, s.text("user"), s.text("bygone"), 0, 0);
}

}  // namespace

std::vector<NamedScene> ipc_scenes() {
  return {{"SharedMemory", shared_memory},
          {"Semaphores", semaphores},
          {"MessageQueues", message_queues},
          {"PosixQueues", posix_queues},
          {"Futexes", futexes},
          {"Notices", notices},
          {"Keys", keys}};
}

}  // namespace bygone
