#pragma once

#include <sched.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "recorder/access.h"
#include "recorder/attachment.h"
#include "recorder/event_log.h"
#include "recorder/file_keeper.h"
#include "recorder/heartbeat.h"
#include "recorder/passed_signals.h"
#include "recorder/recorded_task.h"
#include "recorder/recorder.h"
#include "recorder/snapshot_pacer.h"
#include "recorder/stop_request.h"
#include "tracee/breakpoint.h"
#include "tracee/landmark.h"
#include "tracee/memory_digest.h"
#include "tracee/pagemap.h"
#include "tracee/remote_calls.h"
#include "tracee/snapshot_writer.h"

namespace bygone {

// How long others wait for a task that makes no call.
inline constexpr int64_t kLongComputationUs = 10'000;
// A file written so lately may be being written still: its mappings have to follow, those of files that were
// there before the program ran are spared the look at every write.
inline constexpr int64_t kFreshFileSeconds = 60;

struct FileWrite;

// One recording in progress: the tasks, whose turn it is, and what is written down at each stop. At most one
// task runs user code at any time; a task inside a call may be overtaken by others (`enter` frame) until it
// returns.
class Session {
 public:
  // `processors`: those the program may run on when it is not recorded.
  Session(const RecordOptions& options, RecordSink& sink, const cpu_set_t& processors);
  ~Session();

  // `first` stands at its PTRACE_EVENT_EXEC stop (launch()). Returns when no task is left.
  Expected<RecordOutcome> run(pid_t first, PassedSignals& passed);
  // Records a process that runs already, until no task is left or a stop is asked for; the process then runs
  // on.
  Expected<RecordOutcome> run_attached(pid_t process, StopRequest& stop);

 private:
  // session.cc: the loop, and what comes of each stop
  Expected<void> record(pid_t first);
  void begin_waiting(pid_t first);
  Expected<RecordOutcome> finish(const Expected<void>& recorded);
  // The store has failed, or the user wants to stop: as soon as the stop at hand is dealt with.
  bool must_end();
  Expected<RecordOutcome> on_store_failure(const Error& failure);
  Expected<RecordOutcome> on_spin();
  Expected<void> loop();
  // A wait without end, unless somebody computes: then nobody may come for long.
  std::optional<Stop> wait_for_anyone();
  void collect_stops();
  void let_faults_sleep();
  void file_stop(const Stop& stop);
  static bool is_asleep(const RecordedTask& task);
  Expected<void> handle_at_once(RecordedTask& task, const Stop& stop);

  // turns.cc: who runs next
  RecordedTask* choose();
  bool others_can_run(const RecordedTask& task) const;
  // Tasks whose computation no frame tells of yet: nobody who shares their memory may run before that.
  std::vector<const RecordedTask*> in_the_way() const;
  bool can_run(const RecordedTask& task, std::span<const RecordedTask* const> in_the_way) const;
  static bool ran_on(const RecordedTask& task);
  // Its call is over, and the frame that says so comes next.
  static bool has_finished_call(const RecordedTask& task);
  void await_woken();
  static bool share_memory(const RecordedTask& a, const RecordedTask& b);

  // computing.cc: tasks in user code
  // Sets the task going in user code and handles its next stop. One that computes for long while others wait
  // is left to itself, and they run beside it, as far as they share no memory with it.
  Expected<void> run_user_code(RecordedTask& task);
  // From where it was set going until its next stop, or until it is left to itself.
  Expected<void> follow_user_code(RecordedTask& task);
  static void enter_user_code(RecordedTask& task);
  bool sharers_wait(const RecordedTask& task) const;
  // Somebody waits for it, or a signal does.
  bool is_wanted(const RecordedTask& task) const;
  Expected<void> attend_computing();
  Expected<void> attend(RecordedTask& task);
  std::string where_it_computes(RecordedTask& task);
  // preemption.cc: stopping a task that computes
  // The words that tell where it stands then, at a place a replay can find; else nothing, and `stop` is what
  // else has come, if anything.
  std::optional<std::vector<LandmarkWord>> run_to_landmark(RecordedTask& task, std::optional<Stop>& stop);
  Expected<void> try_preemption(RecordedTask& task);
  // Its next stop, made to come soon; empty if it is gone.
  std::optional<Stop> stop_computation(RecordedTask& task);
  // Lets the task run one instruction. False: it stopped otherwise, as `other` says, or is gone.
  bool step(RecordedTask& task, std::optional<Stop>& other);
  // Steps the task off the breakpoint it stands at, and on until it comes by again or something else happens.
  std::optional<Stop> run_to_next_visit(RecordedTask& task, Breakpoint& breakpoint);
  // The same from where it stands.
  std::optional<Stop> run_to(RecordedTask& task, Breakpoint& breakpoint);
  // Steps on to an instruction with room for a landmark's check, or as far as it looks for one; `place` is
  // where the task stands then, unless no breakpoint may be there. A trap, or the stop that came first.
  std::optional<Stop> walk_to_landmark(RecordedTask& task, std::optional<Breakpoint>& place);
  void go_on_computing(const std::optional<Stop>& stop, const RecordedTask& task);
  // What of the task's memory has changed since the watches began; a watch may be missing.
  std::vector<LandmarkWord> changed_words(RecordedTask& task, std::initializer_list<MemoryWatch*> watches);
  // Lets the task compute on for a little; its stop then, if it is still there.
  std::optional<Stop> run_a_stretch(RecordedTask& task);
  Expected<void> write_preempt_frame(RecordedTask& task, const std::vector<LandmarkWord>& words);
  Expected<void> finish_preemption(RecordedTask& task, const std::vector<LandmarkWord>& words);
  Expected<void> handle(RecordedTask& task, const Stop& stop);
  Expected<void> handle_event(RecordedTask& task, const Stop& stop);
  // Lets the task go on into the call it stands at and comes back when it has stopped again or lost its turn.
  Expected<void> go_into_call(RecordedTask& task);
  void lose_turn(RecordedTask& task);
  RecordedTask* find(pid_t tid);
  // Writes the frame, having brought the address space up to date, and proves what options_ asks for.
  Expected<void> complete(RecordedTask& task, FrameKind kind, std::optional<int32_t> call,
                          std::optional<int64_t> result);
  Expected<void> prove(RecordedTask& task, EventNumber event);
  LeftOut left_out(const RecordedTask& task) const;

  // calls.cc: entry and exit of system calls
  static void keep_lower_half(RecordedTask& task);
  Expected<void> on_entry(RecordedTask& task);
  // The call whose entry the task stands at is to be made.
  Expected<void> begin_call(RecordedTask& task);
  static bool is_32_bit_call(const RecordedTask& task);
  Expected<void> refuse_32_bit_call(RecordedTask& task);
  void refuse_32_bit_program(RecordedTask& task);
  Expected<void> on_exit(RecordedTask& task);
  static bool is_private_memory(const RecordedTask& task);
  void note_filters(RecordedTask& task, int64_t result);
  static bool is_there(const RecordedTask& task, const MemoryRange& range);
  bool asks_for_hidden_feature(RecordedTask& task);
  // Of userfaultfd(2), those that are refused are not told of.
  static void hide_features(RecordedTask& task, int64_t result);
  bool was_kept_out(const RecordedTask& task, int64_t result) const;
  void note_answer_of_supervisor(const RecordedTask& task);
  Expected<void> keep_answer_of_supervisor(RecordedTask& task);
  // The call it has returned from does not begin again, whatever its result.
  static void keep_result(RecordedTask& task);
  // Arranges that the kernel does not run the call the task stands at and that it answers `result`.
  void answer(RecordedTask& task, int64_t result);
  // The registers of a task at a call's entry, for a kernel that is not to make the call.
  static Registers without_call(const RecordedTask& task);
  WhenTracerDies when_we_die(const RecordedTask& task);
  // run_remote_calls, but what the task's filters forbid even so is not made and has -EPERM for its result.
  Expected<void> make_calls(const RecordedTask& task, std::span<RemoteCall> calls,
                            std::vector<siginfo_t>& arrived);
  // The same; signals that arrive meanwhile are held.
  Expected<void> make_calls(RecordedTask& task, std::span<RemoteCall> calls);
  // The kernel is to see this value, at the entry of a call.
  void replace_argument(RecordedTask& task, Register argument, uint64_t value);
  // At the exit of such a call, or of one with an argument replaced: the program finds its own arguments
  // where it left them.
  void give_back_arguments(RecordedTask& task);
  // access.cc: looking at processes of others without CAP_SYS_PTRACE
  void note_user(RecordedTask& task) const;
  void prepare_access(RecordedTask& task) const;
  Expected<void> keep_access(RecordedTask& task, int64_t result);
  void play_dumpable(RecordedTask& task);
  void refuse_unreadable_program(RecordedTask& task);
  // aio.cc: reads that end at no event
  void on_io_setup(RecordedTask& task);
  void on_io_destroy(RecordedTask& task);
  static void note_aio_ring(RecordedTask& task);
  static void await_requests(RecordedTask& task, int64_t submitted);
  void capture_ended_reads(RecordedTask& task, int64_t events);
  // sleeps.cc: calls that a signal would end which the program ignores
  void keep_ignored_signals_out(RecordedTask& task);
  void heed_signal(const RecordedTask& by, int signal);
  void begin_sleep(RecordedTask& task);
  void end_sleep(RecordedTask& task);
  // Changes calls that must not run as they are.
  void adjust_call(RecordedTask& task);
  // own_pages.cc: keeps the program's calls off bygone's pages
  void guard_own_pages(RecordedTask& task);
  Expected<void> run_beside_own_pages(RecordedTask& task);
  // call_effects.cc: memory the call wrote
  // Takes note of all writable memory before a call that nothing describes; what differs afterwards is
  // recorded.
  void watch_memory(RecordedTask& task);
  static std::vector<MemoryRange> writable_memory(const RecordedTask& task);
  bool checks_row(const RecordedTask& task) const;
  bool writes_alone(const RecordedTask& task) const;
  void compare_with_row(RecordedTask& task, const std::vector<MemoryRange>& changed,
                        const std::vector<MemoryRange>& described);
  void capture_writes(RecordedTask& task, int64_t result);
  void capture_range(RecordedTask& of, const MemoryRange& range);
  // What a call on a userfaultfd gives whoever waits for it.
  struct ProvidedPages {
    MemoryRange range;
    Address from;  // null: zeroes, which come from nowhere
  };
  static ProvidedPages pages_provided_by(const RecordedTask& task, int64_t result);
  void capture_provided_pages(RecordedTask& task, const ProvidedPages& pages);
  // Only those of its pages that are of the wanted kind.
  void capture_pages(RecordedTask& of, const MemoryRange& range, bool (*is_wanted)(Pagemap::Page));
  void capture_ranges(RecordedTask& of, const std::vector<MemoryRange>& ranges);
  void note_numbers(RecordedTask& task);
  static pid_t own_number(const RecordedTask& task);  // in its own pid namespace
  // The task with that number in the pid namespace `task` is in.
  RecordedTask* find_as_seen_by(const RecordedTask& task, pid_t number);
  // In the viewer's pid namespace; 0 for one outside of it (pid_namespaces(7)).
  static pid_t number_seen_by(const RecordedTask& viewer, const RecordedTask& task);
  // Likewise, of its process group.
  static pid_t group_seen_by(const RecordedTask& viewer, const RecordedTask& task);
  void capture_remote_writes(RecordedTask& task, int64_t result);
  void capture_device_memory(RecordedTask& task);
  void warn(const std::string& text) const;
  void note_uncaptured(int32_t call, const std::string& detail);
  // The same, and says `text` the first time.
  void tell_uncaptured(int32_t call, const std::string& detail, const std::string& text);
  // status_files.cc
  void note_task_file(const RecordedTask& task, int64_t result);
  // What /proc/PID/stat and /proc/PID/status tell of the recorder is taken out of what was read of them.
  void show_as_untraced(RecordedTask& task, int64_t result);
  // mapping_calls.cc
  Expected<void> on_mapping_call(RecordedTask& task, int64_t result);
  bool is_shared(const KernelMapping& file) const;
  Expected<void> on_mmap(RecordedTask& task, Address start);
  void capture_emptied(RecordedTask& task, const MemoryRange& range, int64_t result);
  void on_mremap(RecordedTask& task, Address start);
  void capture_file_part(RecordedTask& task, const KernelMapping& file, const MemoryRange& part);
  void capture_new_file_part(RecordedTask& task, Address start);
  void on_brk(RecordedTask& task, Address now);
  void on_remap_file_pages(RecordedTask& task);
  Expected<void> on_shmat(RecordedTask& task, Address start);
  // Finds out what changed on its own (a stack that grew) or by a call nobody described.
  Expected<void> follow_kernel(RecordedTask& task);
  Expected<void> describe_new_mapping(RecordedTask& task, int fd, Mapping& mapping);
  // file_writes.cc
  // Stores made by write(2) and its kin into a file that is mapped.
  void capture_mapped_file_write(RecordedTask& task, int64_t result);
  void capture_mapped_file_write(RecordedTask& task, const FileWrite& call, int64_t result);
  void capture_submitted_writes(RecordedTask& task, int64_t submitted);
  // All that is mapped of a part of a file (MemoryRange of offsets); says the device it is known by.
  enum class Sharing { shared, not_shared };
  std::optional<Device> capture_file_range(uint64_t inode, MemoryRange in_file, Sharing sharing);
  // Stores made through /proc/PID/mem.
  uint64_t known_size_of(uint64_t inode) const;
  static bool writes_to_file(const RecordedTask& task);
  // /proc/PID/mem
  bool writes_to_memory_file(const RecordedTask& task) const;
  void capture_memory_file_write(RecordedTask& task, int64_t result);
  // output_capture.cc
  int output_stream(const RecordedTask& task, int fd) const;
  void prepare_output(RecordedTask& task);
  void capture_output(RecordedTask& task, int64_t result);
  void log_extended_state(RecordedTask& task);
  // The paths the call was given.
  void log_paths(RecordedTask& task);

  // scheduling.cc
  RecordedTask* subject_of_scheduling(RecordedTask& task);
  std::optional<int64_t> set_affinity(RecordedTask& task);
  void finish_scheduling_call(RecordedTask& task);
  static void tell_processor(RecordedTask& task);
  static void tell_affinity(RecordedTask& task, const RecordedTask& subject);
  static void tell_policy(RecordedTask& task, PolicyAsked& asked);
  static void note_policy(RecordedTask& task);
  static void inherit_scheduling(const RecordedTask& parent, RecordedTask& child);

  // exec.cc
  Expected<void> on_exec_event(RecordedTask& task, pid_t former_tid);
  Expected<void> finish_exec(RecordedTask& task);
  // Has a task make a call from two bytes of the program's code, given back afterwards. Returns what the
  // call does; -ESRCH also when it is killed meanwhile, -ENOEXEC if it has no code.
  int64_t borrow_code(RecordedTask& task, const RemoteCall& request);
  // Nothing if code cannot run at `place`.
  std::optional<int64_t> borrow_code_at(RecordedTask& task, Address place, const RemoteCall& request);
  static bool has_lost_image(const RecordedTask& task);
  // The kernel is killing it by a signal: that, and what else comes, is let through until the task has ended.
  Expected<void> wait_for_end(RecordedTask& task);
  Expected<void> install_own_pages(RecordedTask& task);
  Expected<void> read_initial_mappings(RecordedTask& task, std::vector<std::byte>& stack_bytes);

  // tasks.cc
  Expected<void> on_new_task(RecordedTask& parent, const Stop& stop);
  Expected<void> go_on_after_clone(RecordedTask& parent, int event);
  Expected<void> on_exit_event(RecordedTask& task);
  std::vector<MemoryRange> written_by_last_call(RecordedTask& task);
  void capture_calls_in_flight(const RecordedTask& parent, RecordedTask& child);
  Expected<void> end_last_call(RecordedTask& task);
  void enter_last_call(RecordedTask& task);
  // Likewise in the middle of a computation.
  Expected<void> end_computation(RecordedTask& task);
  Expected<void> on_gone(RecordedTask& task, int wait_status);
  static std::vector<Address> words_written_at_exit(const RecordedTask& task);
  void capture_words_elsewhere(const RecordedTask& task, const std::vector<Address>& words);
  // The task ends, or executes a program: what the kernel changes then is written down with the next frame,
  // whosever it is, for those who wait for it are woken before the task is reported gone.
  void expect_last_writes(RecordedTask& task);
  void call_off_last_writes(RecordedTask& task);
  void capture_last_writes();
  void finish_task(RecordedTask& task, int status, const std::vector<Address>& kernel_writes);
  // Somebody who lives and sees the same memory as `task` at `address`, and where.
  std::pair<RecordedTask*, Address> other_view(const RecordedTask& task, Address address);
  RecordedTask& add_task(pid_t tid, pid_t tgid, Tid parent, std::shared_ptr<RecordedSpace> space,
                         const std::string& command);
  void join_space(RecordedTask& task, std::shared_ptr<RecordedSpace> space);
  // Where its stack was, which nobody may need from here on.
  void leave_space(RecordedTask& task, Address stack_pointer);
  void forget(pid_t tid);
  std::shared_ptr<RecordedSpace> begin_space(pid_t tid, AddressSpace model, AddressSpaceId parent);

  // signals.cc
  // Puts a signal aside that has come in the middle of a computation, a place no replay could find. False if
  // the stop is anything else.
  bool put_aside(RecordedTask& task, const Stop& stop);
  Expected<void> on_signal(RecordedTask& task, int signal);
  // To the task, or first to its tracer.
  void log_signal(RecordedTask& task, const siginfo_t& info, SignalPosition position, SignalAction action);
  static bool can_be_delivered(const RecordedTask& task, int signal);
  Expected<void> deliver(RecordedTask& task, const siginfo_t& info, SignalPosition position);
  Expected<void> deliver_now(RecordedTask& task, const siginfo_t& info, SignalPosition position);
  Expected<void> end_init(RecordedTask& task);
  Expected<void> enter_handler(RecordedTask& task, int signal);
  static void hold_signal(RecordedTask& task, const siginfo_t& info);
  static void expect_carrier(RecordedTask& task, int signal);
  static bool is_carrier(const RecordedTask& task, const siginfo_t& info);
  // What is to be delivered when `info` arrives: one held that was sent earlier, if there is any. False if
  // nothing is: `info` was sent to fetch one that has been delivered meanwhile.
  static bool exchange_for_held(RecordedTask& task, siginfo_t& info);
  static constexpr int kMostInterruptions = 3;  // at one place before the task goes on a little
  // While it goes on: signals stay pending until its next stop.
  static void keep_signals_out(RecordedTask& task, uint64_t which = ~uint64_t{0});
  static void let_signals_in(RecordedTask& task);
  static void note_interruption(RecordedTask& task, const siginfo_t& info);
  static bool is_crowded_out(const RecordedTask& task, const Registers& at);
  // Sends the call the task stands at the entry of back to before it began.
  void leave_call(RecordedTask& task);
  // After a call that was made in place of the one that was left.
  static void come_back(RecordedTask& task);
  // The same, so that a held signal comes first. Waits until it is there.
  Expected<void> begin_injection(RecordedTask& task);
  Expected<void> go_on_injecting(RecordedTask& task, int signal);
  static bool may_inject(const RecordedTask& task);
  static bool is_crowded_out_at_call(const RecordedTask& task);
  static void send_held_signal(RecordedTask& task);
  static bool give_back_signal(RecordedTask& task);

  // snapshots.cc
  static bool is_settled(const RecordedTask& task);
  bool all_settled() const;
  // Takes a snapshot if one is due; where some task is in the middle of something, lets all others wait for
  // it (settling_), for a while.
  Expected<void> snapshot_if_due();
  bool snapshot_is_due(SnapshotPacer::Clock::time_point now);
  // It is due, and the task has computed for long without coming to where one can be taken.
  bool snapshot_waits_for(const RecordedTask& task);
  Expected<void> preempt_for_snapshot(RecordedTask& task);
  Expected<void> take_snapshot();
  Expected<void> give_up_snapshots();
  void forget_detached_segments();
  void forget_unmapped_files();

  // attach.cc: a process that runs already, and is to run on as if nothing had been
  Expected<void> attach_to(pid_t pid);
  Expected<void> seize_threads(Attachment& attachment);
  Expected<void> seize_descendants();
  Expected<void> adopt_process(Attachment& attachment);
  Expected<void> adopt_thread(RecordedTask& task);
  Expected<void> prepare_thread(RecordedTask& task);
  Expected<void> learn_fault_actions(RecordedTask& task);
  // That of the task's address space, if it was attached to, or made by a process that was.
  Attachment* attachment_of(const RecordedTask& task);
  void attach_child(const RecordedTask& parent, const RecordedTask& child);
  static bool registers_rseq(RecordedTask& task);
  void pretend_rseq(RecordedTask& task);
  void keep_attached(RecordedTask& task, const cpu_set_t& processors);
  void detach_attached();
  void detach_process(const Attachment& attachment, std::span<RecordedTask* const> threads);
  const cpu_set_t& own_processors(const RecordedTask& task);
  // Those it could run on before the recorder took it.
  const cpu_set_t& processors_before(const RecordedTask& task);
  void register_rseq(RecordedTask& task, const RseqRegistration& rseq);

  // let_go.cc: the program runs on without us
  // Detaches from all tasks, each as it would stand had nobody traced it, and waits for the first process.
  void let_go();
  void let_go_of_stopped();
  void tell_what_holds_up() const;
  void let_go_from(RecordedTask& task, const Stop* stop);
  bool holds_up_maker(const RecordedTask& task) const;
  bool undo_stop(RecordedTask& task, const Stop* stop);
  bool call_off_changes(RecordedTask& task);
  void queue_held_signals(RecordedTask& task);
  void detach(RecordedTask& task);

  // tracing.cc: tasks traced by tasks of the recording (traced.h)
  // Without `info` it is what the kernel makes for a stop that no signal is the cause of.
  void stop_for_tracer(RecordedTask& task, Traced::Place place, int status,
                       std::optional<siginfo_t> info = std::nullopt, uint64_t message = 0);
  // The process's waits begin anew.
  void end_waits(pid_t process);
  // SIGCHLD, and the end of a wait. `status` as wait(2) tells it.
  void tell_tracer(pid_t tracer_tid, pid_t tracee, int status);
  // The siginfo of the stop the task is in, with what the kernel would have said where the recorder sent it.
  Outcome arrived_signal(RecordedTask& task, siginfo_t& info);
  Expected<void> stop_at_signal(RecordedTask& task, const siginfo_t& info, SignalPosition position);
  bool stops_at_entry(const RecordedTask& task) const;
  void stop_at_entry(RecordedTask& task);
  // These say whether it stopped.
  bool stop_at_new_task(RecordedTask& parent, RecordedTask& child, int event, uint64_t flags);
  bool stop_at_exit(RecordedTask& task, uint64_t exit_status);
  bool stop_here(RecordedTask& task);
  Expected<void> on_filter_stop(RecordedTask& task);
  bool stop_in_group(RecordedTask& task, const Stop& stop);
  bool stop_listening(RecordedTask& task);
  void note_exec_for_tracer(RecordedTask& task, pid_t former_number);
  Expected<void> note_altered(RecordedTask& task, Traced::Place place);
  Expected<void> go_on_from_stop(RecordedTask& task);
  static void stay_in_group_stop(RecordedTask& task);
  static Expected<void> end_job_stop(RecordedTask& task);
  Expected<void> pass_signal(RecordedTask& task, int signal);
  static bool is_stepped(const RecordedTask& task);
  static bool is_call(std::byte first, std::byte second);
  Expected<void> step_for_tracer(RecordedTask& task);
  // At a handler's first instruction the kernel makes the stop (SI_USER), elsewhere the processor does.
  void stop_after_step(RecordedTask& task, std::optional<siginfo_t> info = std::nullopt);
  bool is_child_of_tracer(const RecordedTask& task);
  void take_as_tracee(RecordedTask& task, pid_t tracer_tid);
  static void release_tracee(RecordedTask& task, int signal);
  void end_tracing_by(pid_t tracer);
  void note_end_for_tracer(RecordedTask& task, int status);
  // tracing_requests.cc: ptrace(2)
  // Writes into memory of the program what a call gives, or says that it cannot be written there.
  bool hand_over(RecordedTask& task, Address at, std::span<const std::byte> bytes);
  void finish_tracing_call(RecordedTask& task);
  int64_t emulate_request(RecordedTask& tracer);
  int64_t trace_me(RecordedTask& task);
  int64_t attach(RecordedTask& tracer);
  int64_t interrupt(RecordedTask& tracee);
  int64_t set_options(RecordedTask& tracee, uint64_t options);
  static int64_t let_tracee_go(RecordedTask& tracee, int request, uint64_t signal);
  int64_t tracee_memory(RecordedTask& tracer, RecordedTask& tracee, int request);
  int64_t register_set(RecordedTask& tracer, RecordedTask& tracee, int request);
  int64_t ask_tracee(RecordedTask& tracer, RecordedTask& tracee, int request);
  int64_t poke_user(RecordedTask& tracee, uint64_t offset, uint64_t value);
  int64_t syscall_info(RecordedTask& tracer, RecordedTask& tracee);
  int64_t thread_registers(RecordedTask& tracer, RecordedTask& tracee);
  int64_t pending_signals(RecordedTask& tracer, RecordedTask& tracee);
  void warn_of_options(uint32_t options);
  void warn_of_request(const std::string& what, const std::string& consequence);
  // tracing_waits.cc: wait4(2), waitid(2)
  struct WaitRequest;
  void prepare_wait(RecordedTask& task);
  void finish_wait(RecordedTask& task);
  bool tell_of_tracee(RecordedTask& waiter, const WaitRequest& request);
  void hand_over_wait(RecordedTask& waiter, const WaitRequest& request, pid_t number, uid_t uid, int status);
  bool has_tracee(const RecordedTask& waiter, const WaitRequest& request);

  // timestamps.cc
  // Makes the instructions that read the time stamp counter trap, in the code mapped in `range`, where the
  // processor does not do so by itself.
  void trap_timestamps(RecordedTask& task, const MemoryRange& range);
  // Which of them the task has trapped in, if it was one.
  std::optional<TimestampInstruction> trapped_timestamp(RecordedTask& task, const siginfo_t& info);
  // prctl(2), PR_SET_TSC: returns what it does.
  static int64_t set_timestamp_mode(RecordedTask& task, uint64_t mode);
  // Where the program has asked for a fault instead of the time, `info` becomes that of the fault.
  bool becomes_fault(RecordedTask& task, siginfo_t& info);
  // A fault that is blocked or ignored ends the program all the same; one of its own making does it here.
  Expected<void> end_by_fault(RecordedTask& task, const siginfo_t& info);
  void note_given_action(RecordedTask& task);
  void note_action(RecordedTask& task);
  // After a trap of the recorder's by `signal`: whatever the kernel has taken away for it.
  Expected<void> give_back_fault_action(RecordedTask& task, int signal);
  bool emulate_instruction(RecordedTask& task, const siginfo_t& info);
  // Puts back the instructions trap_timestamps() replaced.
  void restore_timestamps(RecordedTask& task);

  const RecordOptions& options_;
  RecordSink& sink_;
  cpu_set_t processors_;
  bool replaces_timestamps_;  // by ud2
  EventLog log_;
  FileKeeper files_;
  SnapshotPacer pacer_;
  std::optional<Heartbeat> heartbeat_;  // waits of which nothing comes end, and computations are looked at
  SnapshotWriter snapshots_;
  int64_t files_change_after_ns_;  // see changing_files()
  bool has_advice_ = false;        // the program has used madvise(2) for what lasts
  bool settling_ = false;          // a snapshot is due, and tasks are brought to where one can be taken
  SnapshotPacer::Clock::time_point settling_since_;
  std::map<pid_t, Attachment> attachments_;  // of processes that ran before, by process
  PassedSignals* passed_ = nullptr;
  const bool sees_all_ = may_look_at_all();
  const StopRequest* stop_ = nullptr;
  uint64_t signal_actions_ = 1;  // goes up when some process changes what it does about a signal
  std::map<pid_t, std::unique_ptr<RecordedTask>> tasks_;
  std::map<pid_t, Stop> early_stops_;  // of tasks whose making has not been reported yet
  pid_t first_tid_ = 0;
  pid_t turn_ = 0;            // whose turn it is
  size_t computing_ = 0;      // how many tasks run user code, the one whose turn it is included
  uint64_t turns_ = 0;        // how many turns were given
  uint64_t turn_frames_ = 0;  // frames written in this turn
  bool yielded_ = false;      // the task gives its turn away
  MappingId next_mapping_{1};
  AddressSpaceId next_space_{1};
  TaskId next_task_{1};
  EventNumber next_proof_{1};
  std::set<uint64_t> written_while_private_;  // inodes of files that had a private mapping then
  bool may_have_woken_ = false;               // the call whose frame was written last, others of the program
  bool has_signalled_ = false;                // and it has sent a signal to a process
  pid_t interrupted_ = 0;                     // whose call has just ended for a signal, which it is to take
  bool filters_may_feign_ = false;  // some filter has somebody asked, who can answer as if a call was made
  bool supervisors_interrupt_ = false;  // one of them answers with what asks for a call to begin again
  bool any_call_may_block_ = false;     // some process of the program serves calls of others
  bool read_all_mappings_ = false;      // a call changed mappings in a way only the kernel can tell
  bool has_pid_namespaces_ = false;     // some task has, or may have, another number for others than for us
  bool read_implies_exec_ = false;      // some task has, or had, that personality(2)
  bool makes_holes_ = false;            // some task has made a call that can clear a part of a file
  bool maps_changing_files_ = false;   // some task maps, or has mapped, a file MAP_SHARED or one just written
  bool maps_devices_ = false;          // some task maps, or has mapped, memory of MappingKind::device
  bool memory_files_open_ = false;     // some task opened a /proc/PID/mem
  bool status_files_open_ = false;     // or a /proc/PID/stat or /proc/PID/status
  std::set<uint64_t> known_segments_;  // System V segments attached before, by inode (their id)
  std::map<std::pair<int32_t, std::string>, UncapturedCall> uncaptured_;
  // Processes that a signal is killing: the thread it was delivered to. What the others would still compute
  // depends on when it reaches them.
  std::map<pid_t, pid_t> dying_;
  std::set<RecordedTask*> writing_last_;  // see expect_last_writes()
  std::vector<TraceeEnd> tracee_ends_;    // that no wait has told of yet
  std::set<pid_t> ignores_child_stops_;   // processes with SA_NOCLDSTOP
  std::optional<Error> spun_out_;         // who computes beyond the limit, and where
  RecordOutcome outcome_;
};

}  // namespace bygone
