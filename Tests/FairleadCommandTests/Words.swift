import SSHConfig

@testable import FairleadCommand

extension Invocation {
    /// Words that are all text; what is not understood is thrown.
    init(_ arguments: [String]) throws(UsageError) {
        self.init(arguments.map { ConfigText($0) })
        if let fault { throw fault }
    }
}

/// Bytes of a text.
func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
