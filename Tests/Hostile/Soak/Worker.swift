import Fairlead
import Foundation
import PeerSupport
import TestSupport

/// One connection after the other, each with some works, and on some of them a fault.
struct Worker {
    private enum Hurt: String { case none, killed, silent, cancelled }

    private let relay: FaultRelay
    private let world: World
    private let tally: Tally
    private var generator: SplitMix

    init(_ index: Int, seed: UInt64, _ world: World, _ tally: Tally) {
        relay = world.relays[index]
        self.world = world
        self.tally = tally
        generator = SplitMix(state: seed &* 1_000_003 &+ UInt64(index))
    }

    private mutating func choose(_ count: Int) -> Int { Int(generator.next() % UInt64(max(1, count))) }

    mutating func work() async {
        let hurts: [Hurt] = [.none, .none, .none, .none, .none, .none, .killed, .killed, .silent, .cancelled]
        let hurt = hurts[choose(hurts.count)]
        let works = (0..<1 + choose(4)).map { _ in Work.allCases[choose(Work.allCases.count)] }
        let salts = works.map { _ in choose(1 << 30) }
        let place = choose(4) == 0 ? choose(6000) : choose(2_000_000)
        let (choice, delay) = (choose(1000), choose(3000))
        let (relay, world) = (relay, world)
        relay.fallSilent(false)
        relay.change { plan in
            plan = FaultRelay.Plan()
            guard hurt == .killed || hurt == .silent else { return }
            plan.byteCount = place
            plan.action = { if hurt == .killed { world.killSession(choice) } else { relay.fallSilent() } }
        }
        let configuration = world.configuration(through: relay)
        let task = Task {
            try await withSSHConnection(configuration) { connection in
                for (work, salt) in zip(works, salts) { try await work.perform(on: connection, salt) }
            }
        }
        if hurt == .cancelled {
            try? await Task.sleep(for: .milliseconds(delay))
            task.cancel()
        }
        // A kill may hit a neighbour's session, so that any may be lost.
        let names = works.map(\.rawValue).joined(separator: "+")
        guard let result = try? await watched(names, within: .seconds(180), { try await task.value }) else {
            task.cancel()
            return tally.note(hangs: "\(names), \(hurt) at \(place)")
        }
        relay.fallSilent(false)
        switch result {
        case .success: tally.note(wholes: works.count)
        case .failure(let error as SSHError): tally.note(lost: "\(error.stage) \(Self.name(error.kind))", hurt.rawValue)
        case .failure(is CancellationError) where hurt == .cancelled: tally.note(lost: "cancelled", hurt.rawValue)
        case .failure(is Work.Killed): tally.note(lost: "command killed", hurt.rawValue)
        case .failure(let error): tally.note(wrong: "\(names), \(hurt) at \(place): \(error)")
        }
    }

    /// Without what a kind carries.
    private static func name(_ kind: SSHError.Kind) -> String {
        "\(kind)".split(separator: "(").first.map(String.init) ?? ""
    }
}
