import Foundation

/// How much is tried, and where `Scripts/faults` looks for what can stand in a document.
enum FaultReport {
    /// Whether everything is tried, as by `Scripts/faults`, or a sample.
    static let isFull = ProcessInfo.processInfo.environment["FAIRLEAD_FAULTS"] == "full"

    static func count(of full: Int, sample: Int) -> Int { isFull ? full : sample }

    static func write(_ text: String) {
        guard let path = ProcessInfo.processInfo.environment["FAIRLEAD_FAULTS_REPORT"],
            let file = FileHandle(forWritingAtPath: path)
        else { return }
        file.seekToEndOfFile()
        file.write(Data((text + "\n").utf8))
    }
}
