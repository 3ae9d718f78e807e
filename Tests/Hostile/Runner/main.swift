import Foundation
import HostileRows
import HostileServing
import PeerSupport

// `Scripts/hostile` builds and calls this; it tells how.

do {
    let plan = try CommandLinePlan(Array(CommandLine.arguments.dropFirst()))
    exit(try plan.run())
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(2)
}
