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

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    Fuzz.target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    return 0
}
