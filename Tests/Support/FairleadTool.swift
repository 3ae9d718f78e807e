import Foundation

/// The tool as this build made it.
package enum FairleadTool {
    /// `FAIRLEAD_TOOL` where it is set; else beside the tests: the build folder's `fairlead`.
    package static var path: String {
        get throws {
            let environment = ProcessInfo.processInfo.environment
            if let path = environment["FAIRLEAD_TOOL"] { return try programPath(path) }
            return try built("fairlead")
        }
    }

    /// Another program of this build.
    package static func built(_ name: String) throws -> String {
        var folder = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        // On Linux the test program lies in the build folder itself, on macOS three levels down in a bundle.
        for _ in 0..<5 {
            folder.deleteLastPathComponent()
            let path = folder.appendingPathComponent(name).path
            if access(path, X_OK) == 0 { return path }
        }
        throw SupportError.missingProgram("\(name) (swift build makes it)")
    }

    /// Runs the tool to its end.
    package static func run(
        _ arguments: [String], home: String, within limit: Duration = .seconds(60),
        _ change: (inout RunningProcess.Plan) -> Void = { _ in }
    ) async throws -> RunningProcess.Result {
        try await RunningProcess.run(path, arguments, within: limit) { plan in
            plan.environment = plainEnvironment(home: home)
            change(&plan)
        }
    }
}
