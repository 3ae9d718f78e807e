import TestSupport
import Testing

@testable import FairleadCommand

/// Nothing else of this process touches a terminal by `TerminalState`, which has but one.
@Suite struct TerminalStateTests {
    @Test("a terminal that was given back for good is not changed again, however late a change comes")
    func ended() throws {
        let terminal = try PseudoTerminal("sleep", ["60"], environment: [:])
        let before = try terminal.settings
        TerminalState.prepare()
        #expect(RawMode.enter(terminal.slave))
        #expect(try !terminal.settings.isCanonical)
        TerminalState.end()
        #expect(try terminal.settings == before)
        #expect(!RawMode.enter(terminal.slave))
        #expect(try terminal.settings == before)
    }
}
