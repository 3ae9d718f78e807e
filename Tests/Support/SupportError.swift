/// What went wrong around a test, not in what it tests.
package enum SupportError: Error, CustomStringConvertible {
    case system(call: String, errno: Int32)
    case missingProgram(String)
    case needsRoot(String)
    case deadline(waitingFor: String, soFar: String)
    case commandFailed(String)
    case serverFailed(String)

    package var description: String {
        switch self {
        case .system(let call, let number): "\(call): \(errorText(number))"
        case .missingProgram(let name): "\(name) is not installed; Scripts/test installs what tests need"
        case .needsRoot(let what): "\(what) needs root"
        case .deadline(let what, let soFar): "waited too long for \(what); so far:\n\(soFar)"
        case .commandFailed(let text): "command failed: \(text)"
        case .serverFailed(let text): "server failed: \(text)"
        }
    }
}
