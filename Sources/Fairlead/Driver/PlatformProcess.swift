import CDescriptors

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a process does to keep its secrets to itself.
public enum ProcessMemory {
    /// Forbids core files, and other processes of the same user to look into this one's memory.
    ///
    /// For the whole process, so it is the embedding program's choice; the tool calls it before it reads any secret. A
    /// debugger cannot attach afterwards.
    public static func hide() {
        #if canImport(Glibc)
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
            _ = fairlead_hide_memory()
        #else
            var limit = rlimit(rlim_cur: 0, rlim_max: 0)
            _ = unsafe setrlimit(RLIMIT_CORE, &limit)
        #endif
    }
}
