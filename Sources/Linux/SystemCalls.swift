internal import CLinux

/// What a proxy never asks the kernel for. Whoever takes it over would: to start a shell, to read another process, to leave
/// the container, or to reach the kernel's less trodden parts.
enum SystemCalls {
    /// Their numbers on this processor.
    static let denied: [Int32] =
        programs + others + identity + files + namespaces + kernel + clocks + rare + ofThisProcessor

    private static let programs = [SYS_execve, SYS_execveat]
    private static let others = [
        SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_process_madvise, SYS_pidfd_open, SYS_pidfd_getfd,
        SYS_pidfd_send_signal, SYS_kcmp,
    ]
    private static let identity = [
        SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid,
        SYS_setgroups, SYS_capset, SYS_personality,
    ]
    private static let files = [
        SYS_mknodat, SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_fanotify_init, SYS_quotactl, SYS_acct,
        SYS_swapon,
        SYS_swapoff,
    ]
    private static let namespaces = [
        SYS_unshare, SYS_setns, SYS_chroot, SYS_pivot_root, SYS_mount, SYS_umount2, SYS_mount_setattr, SYS_move_mount,
        SYS_open_tree, SYS_fsopen, SYS_fsconfig, SYS_fsmount, SYS_fspick,
    ]
    private static let kernel = [
        SYS_bpf, SYS_init_module, SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_syslog,
        SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_io_uring_enter, SYS_io_uring_register,
    ]
    private static let clocks = [
        SYS_settimeofday, SYS_clock_settime, SYS_clock_adjtime, SYS_adjtimex, SYS_sethostname, SYS_setdomainname,
    ]
    private static let rare = [
        SYS_add_key, SYS_keyctl, SYS_request_key, SYS_vhangup, SYS_memfd_secret, SYS_mbind, SYS_migrate_pages,
        SYS_move_pages, SYS_set_mempolicy,
    ]
    #if arch(x86_64)
        private static let ofThisProcessor = [
            SYS_fork, SYS_vfork, SYS_mknod, SYS_iopl, SYS_ioperm, SYS_modify_ldt, SYS_kexec_file_load, SYS_uselib,
            SYS_ustat, SYS_sysfs,
        ]
    #else
        private static let ofThisProcessor = [SYS_kexec_file_load]
    #endif
}
