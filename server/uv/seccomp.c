/* SPDX-License-Identifier: AGPL-3.0-or-later */
/* The system calls of a relay at work, as a list; libseccomp makes the filter.
 */
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "sandbox.h"
#include "sanitized.h"

/* In the order of what they are for: bytes, files, memory, threads, time, the
 * loop, sockets, and what the C library does by itself. */
static const int allowed[] = {SCMP_SYS(read),
                              SCMP_SYS(write),
                              SCMP_SYS(readv),
                              SCMP_SYS(writev),
                              SCMP_SYS(pread64),
                              SCMP_SYS(pwrite64),
                              SCMP_SYS(close),
                              SCMP_SYS(lseek),

                              SCMP_SYS(open),
                              SCMP_SYS(openat),
                              SCMP_SYS(stat),
                              SCMP_SYS(fstat),
                              SCMP_SYS(lstat),
                              SCMP_SYS(newfstatat),
                              SCMP_SYS(statx),
                              SCMP_SYS(access),
                              SCMP_SYS(faccessat),
                              SCMP_SYS(faccessat2),
                              SCMP_SYS(fsync),
                              SCMP_SYS(fdatasync),
                              SCMP_SYS(ftruncate),
                              SCMP_SYS(fallocate),
                              SCMP_SYS(fadvise64),
                              SCMP_SYS(unlink),
                              SCMP_SYS(unlinkat),
                              SCMP_SYS(rename),
                              SCMP_SYS(renameat),
                              SCMP_SYS(renameat2),
                              SCMP_SYS(getdents64),
                              SCMP_SYS(readlink),
                              SCMP_SYS(readlinkat),
                              SCMP_SYS(fcntl),
                              SCMP_SYS(flock),
                              SCMP_SYS(fchmod),
                              SCMP_SYS(statfs),
                              SCMP_SYS(fstatfs),
                              SCMP_SYS(umask),
                              SCMP_SYS(getcwd),

                              SCMP_SYS(brk),
                              SCMP_SYS(munmap),
                              SCMP_SYS(mremap),
                              SCMP_SYS(madvise),
                              SCMP_SYS(mlock),
                              SCMP_SYS(munlock),

                              SCMP_SYS(futex),
                              SCMP_SYS(set_robust_list),
                              SCMP_SYS(rseq),
                              SCMP_SYS(sched_yield),
                              SCMP_SYS(sched_getaffinity),
                              SCMP_SYS(gettid),
                              SCMP_SYS(getpid),
                              SCMP_SYS(tgkill),
                              SCMP_SYS(exit),
                              SCMP_SYS(exit_group),
                              SCMP_SYS(set_tid_address),
                              SCMP_SYS(restart_syscall),

                              SCMP_SYS(clock_gettime),
                              SCMP_SYS(clock_nanosleep),
                              SCMP_SYS(nanosleep),
                              SCMP_SYS(gettimeofday),
                              SCMP_SYS(time),
                              SCMP_SYS(adjtimex),

                              SCMP_SYS(epoll_create1),
                              SCMP_SYS(epoll_ctl),
                              SCMP_SYS(epoll_wait),
                              SCMP_SYS(epoll_pwait),
                              SCMP_SYS(epoll_pwait2),
                              SCMP_SYS(poll),
                              SCMP_SYS(ppoll),
                              SCMP_SYS(eventfd2),
                              SCMP_SYS(pipe2),
                              SCMP_SYS(ioctl),
                              SCMP_SYS(rt_sigaction),
                              SCMP_SYS(rt_sigprocmask),
                              SCMP_SYS(rt_sigreturn),
                              SCMP_SYS(sigaltstack),

                              SCMP_SYS(accept),
                              SCMP_SYS(accept4),
                              SCMP_SYS(bind),
                              SCMP_SYS(listen),
                              SCMP_SYS(connect),
                              SCMP_SYS(shutdown),
                              SCMP_SYS(getsockname),
                              SCMP_SYS(getpeername),
                              SCMP_SYS(setsockopt),
                              SCMP_SYS(getsockopt),
                              SCMP_SYS(recvfrom),
                              SCMP_SYS(sendto),
                              SCMP_SYS(recvmsg),
                              SCMP_SYS(sendmsg),

                              SCMP_SYS(getrandom),
                              SCMP_SYS(uname),
                              SCMP_SYS(sysinfo),
                              SCMP_SYS(getuid),
                              SCMP_SYS(geteuid),
                              SCMP_SYS(getgid),
                              SCMP_SYS(getegid),
                              SCMP_SYS(getrlimit)};

/* Nothing in the relay makes these: whoever does has broken in. */
static const int deadly[] = {SCMP_SYS(execve),
                             SCMP_SYS(execveat),
                             SCMP_SYS(fork),
                             SCMP_SYS(vfork),
                             SCMP_SYS(ptrace),
                             SCMP_SYS(process_vm_readv),
                             SCMP_SYS(process_vm_writev),
                             SCMP_SYS(bpf),
                             SCMP_SYS(perf_event_open),
                             SCMP_SYS(userfaultfd),
                             SCMP_SYS(keyctl),
                             SCMP_SYS(add_key),
                             SCMP_SYS(mount),
                             SCMP_SYS(umount2),
                             SCMP_SYS(pivot_root),
                             SCMP_SYS(chroot),
                             SCMP_SYS(unshare),
                             SCMP_SYS(setns),
                             SCMP_SYS(init_module),
                             SCMP_SYS(finit_module),
                             SCMP_SYS(delete_module),
                             SCMP_SYS(kexec_load),
                             SCMP_SYS(open_by_handle_at),
                             SCMP_SYS(personality)};

/* The C library and later ones of libuv try these and have another way. */
static const int absent[] = {SCMP_SYS(clone3), SCMP_SYS(io_uring_setup),
                             SCMP_SYS(io_uring_enter),
                             SCMP_SYS(io_uring_register)};

static int
add_all(scmp_filter_ctx f, uint32_t action, const int *calls, size_t count)
{
    int rc = 0;

    /* a call that this processor does not have is none to be ruled */
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = seccomp_rule_add(f, action, calls[i], 0);
    return rc;
}

static int
add_conditional(scmp_filter_ctx f)
{
    const struct scmp_arg_cmp not_executable =
        SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    const struct scmp_arg_cmp a_thread =
        SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    const struct scmp_arg_cmp local =
        SCMP_A0(SCMP_CMP_MASKED_EQ, UINT32_MAX, AF_UNIX);
    const struct scmp_arg_cmp reads_only =
        SCMP_A2(SCMP_CMP_MASKED_EQ, UINT64_MAX, 0);
    int rc;

    rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, not_executable);
    if (rc == 0)
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
                              not_executable);
    if (rc == 0)
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, a_thread);
    if (rc == 0)
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, local);
    if (rc == 0)
        rc = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(prlimit64), 1,
                              reads_only);
    return rc;
}

enum err
seccomp_enter(bool *in_force)
{
    scmp_filter_ctx f;
    enum err e = ERR_OK;
    int rc;

    *in_force = false;
    if (SANITIZED || seccomp_api_get() < 2) /* 2: for all threads at once */
        return ERR_OK;
    f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (f == NULL)
        return ERR_MEMORY;
    rc = seccomp_attr_set(f, SCMP_FLTATR_CTL_TSYNC, 1);
    if (rc == 0)
        rc = add_all(f, SCMP_ACT_ALLOW, allowed,
                     sizeof allowed / sizeof allowed[0]);
    if (rc == 0)
        rc = add_all(f, SCMP_ACT_KILL_PROCESS, deadly,
                     sizeof deadly / sizeof deadly[0]);
    if (rc == 0)
        rc = add_all(f, SCMP_ACT_ERRNO(ENOSYS), absent,
                     sizeof absent / sizeof absent[0]);
    if (rc == 0)
        rc = add_conditional(f);
    if (rc == 0)
        rc = seccomp_load(f);
    if (rc != 0)
        e = rc == -ENOMEM ? ERR_MEMORY : ERR_DENIED;
    seccomp_release(f);
    *in_force = e == ERR_OK;
    return e;
}
