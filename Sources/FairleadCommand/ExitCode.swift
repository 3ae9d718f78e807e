import Fairlead

/// What our own exit status tells.
enum ExitCode {
    /// Everything that is ours, as ssh has it.
    static let failure: Int32 = 255

    /// What `--exit-codes` has instead: a code for each stage, from 240.
    static let table: [(stage: SSHError.Stage, code: Int32)] = zip(SSHError.Stage.allCases, 240...).map { ($0, $1) }

    static func of(_ error: any Error, tellsStages: Bool) -> Int32 {
        guard tellsStages else { return failure }
        let stage = (error as? SSHError)?.stage ?? .usage
        return table.first { $0.stage == stage }?.code ?? failure
    }

    /// The remote status; death by signal is 128 and its number as a shell has it, or 255 when we stand in for ssh.
    static func of(_ status: ExitStatus, standsInForSSH: Bool) -> Int32 {
        switch status {
        case .code(let code): Int32(truncatingIfNeeded: code & 0xFF)
        case .signal(let name, _, _): standsInForSSH ? failure : 128 + (signals[name] ?? 127)
        case .unknown: failure
        }
    }

    /// The signals of RFC 4254 §6.10 by their POSIX numbers.
    private static let signals: [String: Int32] = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12,
        "PIPE": 13, "ALRM": 14, "TERM": 15,
    ]
}
