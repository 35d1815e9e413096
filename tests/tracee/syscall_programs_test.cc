// The table held against real programs: every system call of a tree of processes is watched, and whatever it
// changed in private memory has to be mentioned by its row.

#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "tests/support/scratch.h"
#include "tracee/memory_watch.h"
#include "tracee/proc_maps.h"
#include "tracee/ptrace.h"
#include "tracee/syscall_interpreter.h"

namespace bygone {
namespace {

constexpr uint8_t kAtEntry = 1, kAtExit = 2;  // op of PTRACE_GET_SYSCALL_INFO

struct Report {
  uint64_t calls = 0;
  uint64_t changed_bytes = 0, predicted_bytes = 0;
  std::set<int64_t> numbers;
  std::set<std::string> complaints;
  int wait_status = 0;
};

struct Task {
  explicit Task(pid_t tid) : memory(std::make_unique<TraceeMemory>(tid)) {}
  std::unique_ptr<TraceeMemory> memory;
  std::optional<CallEntry> entry;
  std::optional<MemoryWatch> watch;
};

bool watchable(const Registers& registers) {
  const CallRow* row = find_call(int64_t(registers[Register::orig_rax]));
  return row == nullptr || row->call_class == CallClass::plain;
}

std::vector<MemoryRange> private_writable(pid_t tid) {
  std::vector<MemoryRange> ranges;
  const auto maps = read_maps(tid);
  if (!maps) return ranges;
  for (const KernelMapping& mapping : *maps)
    if (mapping.prot.write && !mapping.prot.shared) ranges.push_back(mapping.range);
  return ranges;
}

void at_entry(pid_t tid, Task& task) {
  Registers registers;
  if (get_registers(tid, registers) == Outcome::gone) return;
  if (int64_t(registers[Register::orig_rax]) != SYS_restart_syscall || !task.entry)
    task.entry = note_entry(registers, *task.memory);
  task.watch.reset();
  if (!watchable(registers)) return;
  auto watch = MemoryWatch::begin(tid, private_writable(tid));
  if (watch) task.watch.emplace(std::move(*watch));
}

void at_exit(pid_t tid, Task& task, Report& report) {
  Registers registers;
  if (!task.entry || get_registers(tid, registers) == Outcome::gone) return;
  ++report.calls;
  report.numbers.insert(int64_t(task.entry->registers[Register::orig_rax]));
  if (!task.watch) return;
  const int64_t result = int64_t(registers[Register::rax]);
  const Capture capture = written_by(*task.entry, result, *task.memory);
  const std::string what = fmt::format(
      "{}({:#x}, {:#x}, {:#x}, {:#x}) = {}", call_name(int64_t(task.entry->registers[Register::orig_rax])),
      task.entry->registers.argument(0), task.entry->registers.argument(1), task.entry->registers.argument(2),
      task.entry->registers.argument(3), result);
  const std::vector<MemoryRange> changed = task.watch->changed();
  for (const MemoryRange& range : uncovered(changed, capture.ranges))
    report.complaints.insert(
        fmt::format("{}: changed {} bytes at {:#x}", what, range.size_bytes(), range.start.value));
  if (!capture.unknown.empty()) report.complaints.insert(fmt::format("{}: not described", capture.unknown));
  for (const MemoryRange& range : changed) report.changed_bytes += range.size_bytes();
  for (const MemoryRange& range : capture.ranges) report.predicted_bytes += range.size_bytes();
  task.watch.reset();
}

pid_t start(const std::vector<std::string>& command, const std::string& directory) {
  const pid_t child = fork();
  if (child != 0) return child;
  // Otherwise the C library lets the kernel write the processor's number into its memory at any time.
  setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const int quiet = open("/dev/null", O_RDWR);
  if (chdir(directory.c_str()) != 0 || quiet < 0) _exit(126);
  dup2(quiet, 0);
  dup2(quiet, 1);
  dup2(quiet, 2);
  ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
  raise(SIGSTOP);
  execvp(arguments[0], arguments.data());
  _exit(127);
}

void at_call_stop(pid_t tid, Task& task, Report& report) {
  std::array<std::byte, 88> info{};
  ptrace(PTRACE_GET_SYSCALL_INFO, tid, info.size(), info.data());
  const auto op = uint8_t(info[0]);
  if (op == kAtEntry) at_entry(tid, task);
  if (op == kAtExit) at_exit(tid, task, report);
}

// Runs the command to its end, with every call of every process in it checked.
Report check(const std::vector<std::string>& command, const std::string& directory) {
  Report report;
  const pid_t first = start(command, directory);
  std::map<pid_t, Task> tasks;
  int status = 0;
  waitpid(first, &status, 0);
  ptrace(PTRACE_SETOPTIONS, first, nullptr,
         PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
             PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL);
  ptrace(PTRACE_SYSCALL, first, nullptr, nullptr);
  for (pid_t tid; (tid = waitpid(-1, &status, __WALL)) > 0;) {
    if (!WIFSTOPPED(status)) {
      tasks.erase(tid);
      if (tid == first) report.wait_status = status;
      continue;
    }
    const auto [it, is_new] = tasks.try_emplace(tid, tid);
    int signal = WSTOPSIG(status);
    if (signal == (SIGTRAP | 0x80)) at_call_stop(tid, it->second, report);
    if (status >> 16 == PTRACE_EVENT_EXEC) it->second.memory->follow(tid);
    const bool our_own = signal == (SIGTRAP | 0x80) || status >> 16 != 0 || (is_new && signal == SIGSTOP);
    ptrace(PTRACE_SYSCALL, tid, nullptr, our_own ? 0 : signal);
  }
  return report;
}

struct Program {
  const char* name;
  std::vector<std::string> command;
};

void PrintTo(const Program& program, std::ostream* out) {
  *out << program.name;
}

class EveryCallOf : public testing::TestWithParam<Program> {};

TEST_P(EveryCallOf, ChangesOnlyWhatItsRowMentions) {
  const std::string& executable = GetParam().command[0];
  if (std::system(("command -v " + executable + " >/dev/null 2>&1").c_str()) != 0)
    GTEST_SKIP() << executable << " is not installed";
  const test::ScratchFolder directory;
  const Report report = check(GetParam().command, directory.path());
  for (const std::string& complaint : report.complaints) ADD_FAILURE() << complaint;
  EXPECT_EQ(report.wait_status, 0);
  EXPECT_GT(report.calls, 10u);
  EXPECT_GT(report.changed_bytes, 0u);
  RecordProperty("calls", int(report.calls));
  RecordProperty("distinct_calls", int(report.numbers.size()));
  std::printf("%llu calls, %zu distinct, %llu bytes changed, %llu predicted\n",
              static_cast<unsigned long long>(report.calls), report.numbers.size(),
              static_cast<unsigned long long>(report.changed_bytes),
              static_cast<unsigned long long>(report.predicted_bytes));
}

const Program kPrograms[] = {
    {"True", {"true"}},
    {"ListFiles", {"ls", "-lR", "/usr/include/netinet"}},
    {"Date", {"date"}},
    {"Find", {"find", "/etc", "-maxdepth", "1", "-newer", "/etc/passwd", "-ls"}},
    {"Sort", {"sort", "/etc/services", "-o", "sorted"}},
    {"ShellLoop", {"bash", "-c", "for i in 1 2 3 4 5; do /bin/echo $i | tr 0-9 a-j; done; kill -0 $$; wait"}},
    {"ShellTimeout",
     {"bash", "-c", "trap 'echo hit' ALRM; (sleep 0.1; kill -ALRM $$) & read -t 1 x < <(sleep 0.5); wait"}},
    {"ShellJobs",
     {"bash", "-c", "sleep 0.2 & kill -STOP $!; kill -CONT $!; wait $!; ulimit -a; umask; times; type ls"}},
    {"Perl",
     {"perl", "-e",
      "use Socket; socketpair(A, B, AF_UNIX, SOCK_STREAM, 0); syswrite A, 'hi'; sysread B, $x, 10; "
      "$SIG{ALRM} = sub {}; alarm 1; select(undef, undef, undef, 5); my $p = fork // die; exit 0 unless $p; "
      "waitpid $p, 0; "
      "my @s = stat('/etc/passwd'); print join ',', @s, getpwuid($<), times, `uname -a`;"}},
    {"Python",
     {"/usr/bin/python3", "-ISc",
      "import json, os, socket, select, signal, subprocess, tempfile, time, struct, array, mmap, fcntl, "
      "resource\n"
      "print(json.dumps({'a': list(range(1000))}))\n"
      "print(subprocess.run(['ls', '/'], capture_output=True).stdout)\n"
      "a, b = socket.socketpair(); a.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, "
      "array.array('i', [0]))])\n"
      "print(b.recvmsg(10, 200)); a.send(b'0123456789'); buf = bytearray(4); print(b.recv_into(buf), "
      "b.recv(100))\n"
      "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); c = "
      "socket.create_connection(s.getsockname())\n"
      "d, peer = s.accept(); d.sendall(b'y' * 100000); n = 0\n"
      "while n < 100000: n += len(c.recv(65536))\n"
      "u = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); u.bind(('127.0.0.1', 0))\n"
      "u.sendto(b'dgram', u.getsockname()); print(u.recvfrom(3)); print(c.getsockopt(6, 11, 200))\n"
      "signal.signal(signal.SIGALRM, lambda *_: None); signal.setitimer(signal.ITIMER_REAL, 0.05)\n"
      "p = select.poll(); p.register(s.fileno()); print(p.poll(200)); print(select.select([s], [], [], "
      "0.1))\n"
      "signal.setitimer(signal.ITIMER_REAL, 0.05); time.sleep(0.2)\n"
      "e = select.epoll(); e.register(s.fileno(), select.EPOLLIN); print(e.poll(0.01))\n"
      "print(os.listdir('/'), os.stat('/'), os.statvfs('/'), os.getgroups(), os.uname(), os.times(), "
      "os.getrandom(10))\n"
      "print(resource.getrusage(resource.RUSAGE_SELF), resource.getrlimit(resource.RLIMIT_NOFILE), "
      "os.sched_getaffinity(0))\n"
      "f = tempfile.TemporaryFile(); f.write(b'z' * 9999); f.flush(); f.seek(0); os.preadv(f.fileno(), "
      "[bytearray(10), bytearray(20)], 5)\n"
      "r, w = os.pipe(); os.sendfile(w, f.fileno(), 0, 100); os.splice(f.fileno(), w, 50, offset_src=3)\n"
      "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); os.kill(os.getpid(), signal.SIGUSR1)\n"
      "print(signal.sigpending(), signal.sigtimedwait([signal.SIGUSR1], 1)); print(os.waitid)\n"
      "fcntl.lockf(f, fcntl.LOCK_EX); print(os.get_terminal_size if 0 else os.ttyname if 0 else '')\n"}},
    {"PseudoTerminal",
     {"/usr/bin/python3", "-ISc",
      "import os, pty\n"
      "pid, fd = pty.fork()\n"
      "if pid == 0: os.execvp('sh', ['sh', '-c', 'stty -a; tty; read line; echo got $line'])\n"
      "os.write(fd, b'hello\\n')\n"
      "try:\n"
      "  while os.read(fd, 1000): pass\n"
      "except OSError: pass\n"
      "os.waitpid(pid, 0)\n"}},
    {"Archive",
     {"sh", "-c",
      "tar c -C /usr/include linux/netfilter | gzip | tee copy.gz | wc -c; tar xzf copy.gz; du -s ."}},
    {"Compiler", {"sh", "-c", "echo 'int main(void) { return 0; }' > a.c && gcc -O2 a.c && ./a.out"}},
    {"VersionControl",
     {"sh", "-c",
      "HOME=. && export HOME && git init -q . && echo 1 > a && git add a && "
      "git -c user.name=n -c user.email=e@e commit -qm m && git log --stat"}},
    {"Database",
     {"sqlite3", "data.db", "create table t(a); insert into t values (1), (2); select sum(a) from t;"}},
    {"Processes", {"sh", "-c", "ps aux; id; df; free; uptime; env; hostname; nproc"}},
    {"Interfaces", {"sh", "-c", "ip addr; ip route; ss -a || true"}},
};

INSTANTIATE_TEST_SUITE_P(Programs, EveryCallOf, testing::ValuesIn(kPrograms),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(Uncovered, LeavesWhatNoRangeHolds) {
  const auto range = [](uint64_t start, uint64_t end) { return MemoryRange{Address{start}, Address{end}}; };
  using Ranges = std::vector<MemoryRange>;
  EXPECT_EQ(uncovered(Ranges{range(10, 20)}, {}), (Ranges{range(10, 20)}));
  EXPECT_EQ(uncovered(Ranges{range(10, 20)}, {range(0, 100)}), Ranges{});
  EXPECT_EQ(uncovered(Ranges{range(10, 20)}, {range(15, 16), range(12, 14)}),
            (Ranges{range(10, 12), range(14, 15), range(16, 20)}));
  EXPECT_EQ(uncovered(Ranges{range(10, 20), range(30, 40)}, {range(15, 35)}),
            (Ranges{range(10, 15), range(35, 40)}));
  EXPECT_EQ(uncovered(Ranges{range(10, 20)}, {range(5, 12), range(8, 11), range(18, 25)}),
            (Ranges{range(12, 18)}));
}

}  // namespace
}  // namespace bygone
