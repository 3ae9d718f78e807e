import Foundation
import NIOCore
import NIOPosix
import Synchronization
import TestSupport

/// An agent of the test's own that can lie at any step, gone with its last reference.
final class ScriptedAgent: Sendable {
    /// What it does with a question.
    enum Step: Sendable {
        /// A whole message, put into its frame.
        case message([UInt8])
        /// Bytes as they are.
        case raw([UInt8])
        case silence
        case close
        case rawThenClose([UInt8])
    }

    let path: String
    private let directory: TemporaryDirectory
    private let listener: any Channel
    private let log: Log

    private final class Log: Sendable {
        let questions = Mutex<[[UInt8]]>([])
        let channels = Mutex<[any Channel]>([])
    }

    /// `answer` gets each question without its length.
    static func start(_ answer: @escaping @Sendable ([UInt8]) -> Step) async throws -> ScriptedAgent {
        let directory = try TemporaryDirectory()
        let log = Log()
        let listener = try await ServerBootstrap(group: LoopbackServer.loops)
            .childChannelInitializer { child in
                LoopbackServer.keep(child)
                log.channels.withLock { $0.append(child) }
                return child.eventLoop.makeCompletedFuture {
                    let handler = Handler { question in
                        log.questions.withLock { $0.append(question) }
                        return answer(question)
                    }
                    try child.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(unixDomainSocketPath: directory.file("agent")).get()
        return ScriptedAgent(directory, listener, log)
    }

    private init(_ directory: TemporaryDirectory, _ listener: any Channel, _ log: Log) {
        self.directory = directory
        self.listener = listener
        self.log = log
        path = directory.file("agent")
    }

    deinit {
        stop()
    }

    /// It dies, and its connections with it.
    func stop() {
        listener.close(promise: nil)
        for channel in log.channels.withLock({ $0 }) { channel.close(promise: nil) }
    }

    /// All questions so far, in their order.
    var questions: [[UInt8]] { log.questions.withLock { $0 } }

    var openConnectionCount: Int { log.channels.withLock { $0.count(where: \.isActive) } }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: ([UInt8]) -> Step
        private var received = ByteBuffer()

        init(_ answer: @escaping ([UInt8]) -> Step) {
            self.answer = answer
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received.writeImmutableBuffer(unwrapInboundIn(data))
            while let question = received.readLengthPrefixedSlice(as: UInt32.self) {
                switch answer(Array(question.readableBytesView)) {
                case .message(let message): write(context, bigEndian(message.count) + message)
                case .raw(let bytes): write(context, bytes)
                case .silence: break
                case .close: context.close(promise: nil)
                case .rawThenClose(let bytes):
                    write(context, bytes)
                    context.close(promise: nil)
                }
            }
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        private func write(_ context: ChannelHandlerContext, _ bytes: [UInt8]) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes)), promise: nil)
        }
    }
}

/// A string as SSH writes it (RFC 4251 §5).
func wireString(_ bytes: some Collection<UInt8>) -> [UInt8] {
    bigEndian(bytes.count) + bytes
}

/// Four bytes.
func bigEndian(_ number: Int) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) }
}
