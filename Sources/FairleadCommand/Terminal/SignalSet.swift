import Fairlead
import Glibc

/// Signals that are held back, so that somebody may wait for them.
enum SignalSet {
    /// Without those that whoever started us had us ignore, as nohup and sftp do.
    static func of(_ numbers: [Int32]) -> sigset_t {
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for number in numbers where !PlatformProcess.ignores(number) { unsafe sigaddset(&set, number) }
        return set
    }

    /// For this thread and those that it starts; gives what was held back before.
    @discardableResult
    static func block(_ numbers: [Int32]) -> sigset_t {
        var (set, before) = (of(numbers), sigset_t())
        unsafe pthread_sigmask(SIG_BLOCK, &set, &before)
        return before
    }

    static func restore(_ mask: sigset_t) {
        var mask = mask
        unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }

    /// Stops the process by that signal, which is held back; returns when it goes on.
    ///
    /// A stop that nobody could continue is none: the kernel spares a group of processes that no shell looks after.
    static func stop(by number: Int32) {
        // To this thread: a stop meant for the process may reach another first, and leave this one to run on for a while.
        raise(number)
        var (set, before) = (of([number]), sigset_t())
        unsafe pthread_sigmask(SIG_UNBLOCK, &set, &before)
        restore(before)
    }
}
