import CSupport
import Foundation

/// Starts a program with exactly these descriptors and this environment, in a session of its own, so that no terminal of
/// the developer's is in reach.
struct Spawn {
    var path: String
    var arguments: [String]
    var environment: [String: String]
    var directory: String?
    /// The child's descriptor number, and ours that it is a copy of; everything else is closed.
    var descriptors: [Int32: Int32] = [:]
    /// Opened first, as descriptors 0, 1 and 2: it becomes the controlling terminal.
    var terminal: String?

    func start() throws -> (process: pid_t, keeper: pid_t) {
        // Copies far up first, so that no child number overwrites one that is still to be copied.
        let copies = try descriptors.mapValues { try copyFarUp($0) }
        defer { for copy in copies.values { close(copy) } }
        let pairs = copies.flatMap { [$0.key, $0.value] }
        let argumentPointers = ([path] + arguments).map { strdup($0) } + [nil]
        let environmentPointers = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        let pathPointers = [directory, terminal].map { text in text.map { strdup($0) } ?? nil }
        defer { for pointer in argumentPointers + environmentPointers + pathPointers { free(pointer) } }
        var (child, keeper) = (pid_t(), pid_t())
        let result = pairs.withUnsafeBufferPointer { pairs in
            argumentPointers.withUnsafeBufferPointer { arguments in
                environmentPointers.withUnsafeBufferPointer { environment in
                    var plan = support_plan()
                    plan.path = UnsafePointer(argumentPointers[0])
                    plan.arguments = arguments.baseAddress
                    plan.environment = environment.baseAddress
                    plan.directory = UnsafePointer(pathPointers[0])
                    plan.terminal = UnsafePointer(pathPointers[1])
                    plan.descriptors = pairs.baseAddress
                    plan.descriptor_count = copies.count
                    // On a terminal, under somebody who does what a shell does there.
                    if terminal != nil { return support_spawn_kept(&plan, &keeper, &child) }
                    defer { keeper = child }
                    return support_spawn(&plan, &child)
                }
            }
        }
        guard result == 0 else { throw SupportError.system(call: "start \(path)", errno: result) }
        return (child, keeper)
    }

    private func copyFarUp(_ descriptor: Int32) throws -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 200)
        guard copy >= 0 else { throw systemError("copy descriptor \(descriptor)") }
        return copy
    }
}

/// Both ends of a pipe, neither inherited by what others start.
package func makePipe() throws -> (reader: Int32, writer: Int32) {
    var ends: [Int32] = [0, 0]
    let result = support_pipe(&ends)
    guard result == 0 else { throw SupportError.system(call: "pipe", errno: result) }
    return (ends[0], ends[1])
}

/// Copies a program that is to be run.
///
/// Another process does it: a descriptor of ours that can write it would live on for a moment in whatever another thread
/// is just starting, and nobody can run a file that somebody may write ("Text file busy").
func copyProgram(_ source: String, to path: String) throws {
    let child = try Spawn(path: "/bin/cp", arguments: [source, path], environment: [:]).start().process
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0, errno == EINTR {}
    guard status == 0 else { throw SupportError.commandFailed("cp \(source) \(path)") }
}
