"""The tables of the house: what each room may import, and the few places that a rule spares. A new line here needs a
reason beside it."""

SYSTEM = {"Glibc", "Musl", "Darwin", "Synchronization"}

# Who may import whom (Docs/Architecture.md). Nothing imports rightwards; SSHConfig imports nothing.
IMPORTS = {
    "SSHWire": {"NIOCore"},
    "SSHCrypto": {"SSHWire", "NIOCore", "CLibcrypto", "CSodium", "CZlib", "Crypto"},
    "SSHIdentity": {"SSHWire", "SSHCrypto", "NIOCore"},
    "SSHCore": {"SSHWire", "SSHCrypto", "SSHIdentity", "NIOCore"},
    "SSHConfig": set(),
    "Fairlead": SYSTEM
    | {"SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", "SSHConfig", "NIOCore", "NIOPosix", "Logging", "CDescriptors"},
    "FairleadCommand": SYSTEM | {"Fairlead", "SSHConfig", "NIOCore", "NIOPosix", "FoundationEssentials"},
}

# Who imports Fairlead gets keys, fingerprints and known hosts with it.
EXPORTS = {("Fairlead", "SSHIdentity")}

# Left of Fairlead these use of SwiftNIO nothing but ByteBuffer.
LEFT_OF_FAIRLEAD = ["SSHWire", "SSHCrypto", "SSHIdentity", "SSHCore", "SSHConfig"]

# Where `public` may stand; everywhere else `package` is the widest.
PUBLIC = {"SSHIdentity", "SSHConfig", "Fairlead"}

# Where the word `unsafe` may stand: patterns of paths.
UNSAFE = [
    "Sources/SSHCrypto/**",
    "Sources/Fairlead/Driver/Platform*.swift",
    "Sources/FairleadCommand/Terminal/*.swift",
    "Sources/FairleadCommand/Platform*.swift",
]
# One declaration that the language makes unsafe.
UNSAFE_EXECUTOR = "Sources/Fairlead/SSHConnection.swift"

# `precondition` for the caller's own mistake at a public door: path to how many.
PRECONDITIONS = {}

# Room for what we send, by its own size: path to how many. Nothing that a peer or a file says reserves memory.
ALLOCATIONS = {
    "Sources/SSHCore/Transport/PacketWriter.swift": 1,
    "Sources/SSHCrypto/Packet/Sealer.swift": 1,
}

# Tables may be longer than 300 lines.
TABLES = set()

LINES = 20_000
FILE_LINES = 300
TEST_FILE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 5

# What must stand in the manifest's lists of settings.
SETTINGS = [
    ".swiftLanguageMode(.v6)",
    '.enableUpcomingFeature("ExistentialAny")',
    '.enableUpcomingFeature("InternalImportsByDefault")',
    '.enableUpcomingFeature("MemberImportVisibility")',
    '.enableUpcomingFeature("NonisolatedNonsendingByDefault")',
    ".strictMemorySafety()",
    ".treatAllWarnings(as: .error)",
]
TEST_SETTINGS = [".swiftLanguageMode(.v6)", ".treatAllWarnings(as: .error)"]
