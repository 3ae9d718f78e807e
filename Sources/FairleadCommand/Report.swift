import Fairlead
import NIOCore
import Synchronization

/// Runs a command and tells everything about it in one JSON object (`--json`).
struct Report: Sendable {
    let plan: Plan

    func run(on eventLoop: any EventLoop) async -> Int32 {
        var result = JSONResult()
        result.read(plan.connection)
        let started = ContinuousClock.now
        var status: Int32
        do {
            let output = try OutputCapture()
            let errorOutput = try OutputCapture()
            async let text = output.collect()
            async let errorText = errorOutput.collect()
            let ending = await session(on: eventLoop, output, errorOutput, &result)
            output.finish()
            errorOutput.finish()
            let (streams, errorStreams) = await (text, errorText)
            result.stdout = JSONResult.Bytes(streams.bytes, isCut: streams.isCut)
            result.stderr = JSONResult.Bytes(errorStreams.bytes, isCut: errorStreams.isCut)
            let ended = try ending.get()
            result.read(ended)
            status = ExitCode.of(ended, standsInForSSH: plan.standsInForSSH)
        } catch {
            result.read(error)
            status = ExitCode.of(error, tellsStages: plan.output.tellsStages)
        }
        result.timings["total"] = (ContinuousClock.now - started) / .seconds(1)
        TerminalState.restore()
        return PlatformTerminal.write(result.line, to: 1) ? status : ExitCode.failure
    }

    private func session(
        on eventLoop: any EventLoop, _ output: OutputCapture, _ errorOutput: OutputCapture,
        _ result: inout JSONResult
    ) async -> Result<ExitStatus, any Error> {
        do {
            let (info, ending, duration) = try await withSSHConnection(plan.connection, on: eventLoop) { connection in
                let opened = ContinuousClock.now
                await plan.loggedIn()
                let session = ToolSession(
                    plan: plan, connection: connection, output: output.writeEnd, errorOutput: errorOutput.writeEnd)
                let begun = await connection.info
                do {
                    let status = try await session.run()
                    return (begun, Result<ExitStatus, any Error>.success(status), ContinuousClock.now - opened)
                } catch {
                    return (begun, .failure(error), ContinuousClock.now - opened)
                }
            }
            result.read(info)
            result.timings["session"] = duration / .seconds(1)
            return ending
        } catch {
            if let info = Run.failedLogin.withLock({ $0 }) { result.read(info) }
            return .failure(error)
        }
    }
}
