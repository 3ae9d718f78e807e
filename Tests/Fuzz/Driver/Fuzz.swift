import FuzzTargets
import Glibc

/// libFuzzer's loop around one target, which `FAIRLEAD_FUZZ_TARGET` names; the arguments are libFuzzer's own.
@main
struct Fuzz {
    nonisolated(unsafe) fileprivate static var target = FuzzTarget.planted

    static func main() {
        guard let name = getenv("FAIRLEAD_FUZZ_TARGET").map({ String(cString: $0) }),
            let target = FuzzTarget(rawValue: name)
        else {
            // What there is to choose from.
            for target in FuzzTarget.allCases { print(target.rawValue) }
            exit(2)
        }
        self.target = target
        var count = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        exit(runDriver(&count, &arguments, testOneInput))
    }
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

/// libFuzzer's own mutations, in place.
@_silgen_name("LLVMFuzzerMutate")
private func mutateInPlace(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ capacity: Int) -> Int

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    Fuzz.target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}

/// By steps, for a target that has such; else as if this were not here.
@_cdecl("LLVMFuzzerCustomMutator")
func mutate(_ bytes: UnsafeMutablePointer<UInt8>?, _ count: Int, _ capacity: Int, _ seed: UInt32) -> Int {
    let input = Array(UnsafeBufferPointer(start: bytes, count: count))
    let mutated = StepMutator.mutate(input, of: Fuzz.target, maximumByteCount: capacity, seed: seed) { part, limit in
        guard limit > 0 else { return part }
        var room = Array(part.prefix(limit)) + [UInt8](repeating: 0, count: max(0, limit - part.count))
        let count = mutateInPlace(&room, min(part.count, limit), limit)
        return Array(room.prefix(count))
    }
    guard let bytes, let mutated else { return mutateInPlace(bytes, count, capacity) }
    for (index, byte) in mutated.prefix(capacity).enumerated() { bytes[index] = byte }
    return min(mutated.count, capacity)
}
