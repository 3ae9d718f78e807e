import Foundation
import TestSupport
import Testing

/// The command lines that real programs write: what reaches the server, and what `-G` makes of them, is what ssh does.
@Suite(.serialized, .enabled(if: ThrowawayUser.isPossible)) struct PlanTests {
    struct Line: Sendable, CustomTestStringConvertible {
        let program: String
        let words: [String]
        /// Not run, for it would leave a master behind or wait for one; `-G` alone.
        var isShown = false

        init(_ program: String, _ words: String..., isShown: Bool = false) {
            self.program = program
            self.words = words
            self.isShown = isShown
        }

        var testDescription: String { program }
    }

    private static let scp = [
        "-x", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes", "-oRemoteCommand=none", "-oRequestTTY=no",
    ]

    /// `PORT`, `USER`, `KEY` and `FOLDER` are the server's and the test's.
    static let lines: [Line] = [
        Line("git clone", "-o", "SendEnv=GIT_PROTOCOL", "-p", "PORT", "USER@host", "git-upload-pack '/r.git'"),
        Line(
            "git, IPv6", "-i", "KEY", "-o", "SendEnv=GIT_PROTOCOL", "-4", "-p", "PORT", "2001:db8::1",
            "git-upload-pack '/r'"),
        Line("git push", "host", "git-receive-pack '/r.git'"),
        Line("rsync", "-l", "USER", "host", "rsync", "--server", "--sender", "-logDtpre.iLsfxCIvu", ".", "/a/"),
        Line(
            "rsync -4", "-p", "PORT", "-l", "USER", "-4", "host", "rsync", "--server", "-logDtpre.iLsfxCIvu", ".", "/a"),
        Line(
            "rsync, sudo", "-o", "Compression=no", "-x", "-T", "-l", "USER", "2001:db8::1", "sudo rsync", "--server",
            ".", "\"/tmp/a\\ b\""),
        Line(
            "scp", "-x", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes", "-oRemoteCommand=none",
            "-oRequestTTY=no", "-i", "KEY", "-oForwardAgent=no", "-p", "PORT", "-l", "USER", "-s", "--", "host", "sftp"),
        Line(
            "scp -O -3 -B -q", "-x", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes", "-oRemoteCommand=none",
            "-oRequestTTY=no", "-oBatchmode=yes", "-q", "-oForwardAgent=no", "-l", "USER", "-oBatchMode=yes", "--",
            "host", "scp -t /b"),
        Line("scp -R", "-x", "-oClearAllForwardings=yes", "-n", "-l", "USER", "--", "host", "scp", "/a", "user@h2:/b"),
        Line(
            "sftp", "-oForwardX11 no", "-oPermitLocalCommand no", "-oClearAllForwardings yes", "-obatchmode yes", "-o",
            "StrictHostKeyChecking=no", "-oForwardAgent no", "-oPort PORT", "-l", "USER", "-s", "--", "host", "sftp"),
        Line("sftp -s /path", "-oForwardX11 no", "-l", "USER", "--", "host", "/usr/lib/sftp-server"),
        Line(
            "Ansible", "-C", "-o", "ControlMaster=auto", "-o", "ControlPersist=60s", "-o", "StrictHostKeyChecking=no",
            "-o", "Port=PORT", "-o", "IdentityFile=\"KEY\"", "-o", "KbdInteractiveAuthentication=no", "-o",
            "PreferredAuthentications=gssapi-with-mic,gssapi-keyex,hostbased,publickey", "-o",
            "PasswordAuthentication=no", "-o", "User=\"USER\"", "-o", "ConnectTimeout=10", "-o",
            "ControlPath=\"FOLDER/cp\"", "-o", "NumberOfPasswordPrompts=1", "-tt", "host", "/bin/sh -c 'echo ~'",
            isShown: true),
        Line(
            "Ansible, alone", "-C", "-o", "StrictHostKeyChecking=no", "-o", "Port=PORT", "-o", "IdentityFile=\"KEY\"",
            "-o", "KbdInteractiveAuthentication=no", "-o", "PasswordAuthentication=no", "-o", "User=\"USER\"", "-o",
            "ConnectTimeout=10", "-o", "NumberOfPasswordPrompts=1", "-tt", "host", "/bin/sh -c 'echo ~'"),
        Line("GNU parallel", "-S", "FOLDER/ssh-%r@%h:%p", "-l", "USER", "host", "--", "exec", "CMD"),
        Line(
            "GNU parallel, master", "-MTS", "FOLDER/m-%r@%h:%p", "USER@host", "--", "perl", "-e", "'1'", isShown: true),
        Line(
            "mosh", "-n", "-tt", "-4", "-S", "none", "-o", "ProxyCommand=none", "USER@host", "--",
            "mosh-server 'new' '-c' '256'"),
        Line(
            "sshfs", "-x", "-a", "-oClearAllForwardings=yes", "-oPort=PORT", "-oCompression=yes", "-2", "USER@host",
            "-s", "sftp"),
        Line("borg", "-p", "PORT", "USER@host", "borg", "serve", "--umask=077", "--info"),
        Line("VS Code", "-T", "-o", "ClearAllForwardings=true", "-o", "ConnectTimeout=15", "host", "bash"),
        Line(
            "docker", "-o ConnectTimeout=30", "-T", "-l", "USER", "-p", "PORT", "--", "host", "docker", "system",
            "dial-stdio"),
        Line(
            "Mutagen", "-oConnectTimeout=5", "-oServerAliveInterval=10", "-oServerAliveCountMax=1", "-p", "PORT",
            "USER@host", "CMD"),
        Line("tmux", "-t", "host", "tmux", "new", "-A", "-s", "main"),
        Line(
            "Nix", "host", "-x", "-oPermitLocalCommand=yes", "-oLocalCommand=echo started", "-i", "KEY", "-C",
            "nix-store", "--serve"),
        Line(
            "libvirt", "-p", "PORT", "-l", "USER", "-T", "-e", "none", "-o", "BatchMode=yes", "host", "nc", "-U", "sock"
        ),
        Line("restic", "host", "-p", "PORT", "-l", "USER", "-s", "sftp"),
        Line(
            "TRAMP", "-l", "USER", "-p", "PORT", "-o", "ControlMaster=auto", "-o", "ControlPath=tramp.%C", "-o",
            "ControlPersist=no", "-e", "none", "host", isShown: true),
        Line(
            "Breezy", "-oForwardX11=no", "-oForwardAgent=no", "-oClearAllForwardings=yes", "-oProtocol=2",
            "-oNoHostAuthenticationForLocalhost=yes", "-p", "PORT", "-l", "USER", "-s", "--", "host", "sftp"),
        Line("a URI", "ssh://USER@host:PORT", "echo", "a  b"),
    ]

    /// A server that writes down what it was asked for, instead of doing it.
    private final class Recorder: Sendable {
        let server: OpenSSHServer
        let folder: TemporaryDirectory

        init() async throws {
            let user = try await ThrowawayUser.create()
            let folder = try TemporaryDirectory(isPublic: true)
            self.folder = folder
            let script = try folder.write(
                """
                #!/bin/sh
                { echo "user $(id -un)"; echo "command $SSH_ORIGINAL_COMMAND"; echo "term $TERM"
                  if test -t 0; then stty -a | head -n 1; else echo no terminal; fi
                  env | grep -E '^(LANG|LC_|GIT_|SENT)' | sort
                } >&2
                exit 7

                """, to: "record", mode: 0o755)
            server = try await OpenSSHServer {
                $0.user = user
                $0.lines = ["AcceptEnv *", "ForceCommand \(script)", "PermitTTY yes"]
            }
            let lines = ["Host *"] + server.configurationLines() + ["SendEnv LANG LC_*", ""]
            try folder.write(lines.joined(separator: "\n"), to: "config")
        }

        func run(_ program: String, _ first: [String], _ line: Line) async throws -> RunningProcess.Result {
            let words = line.words.map {
                $0.replacing("PORT", with: String(server.port)).replacing("USER", with: server.user)
                    .replacing("KEY", with: server.files.keyPath(.ed25519)).replacing("FOLDER", with: folder.path)
            }
            return try await RunningProcess.run(program, first + ["-F", folder.file("config")] + words) {
                $0.environment = plainEnvironment(
                    home: folder.path, ["GIT_PROTOCOL": "version=2", "TERM": "vt220", "LC_ALL": "POSIX"])
                $0.directory = folder.path
            }
        }
    }

    @Test(
        "what reaches the server, and the exit status, is what ssh makes of the line",
        arguments: lines.filter { !$0.isShown })
    func requests(line: Line) async throws {
        let recorder = try await Self.recorder.value
        let theirs = try await recorder.run("ssh", ["-q"], line)
        let ours = try await recorder.run(try FairleadTool.path, ["-q"], line)
        // With a terminal the record comes out of it; both streams together are the record then.
        // A terminal that nobody has the size of has none with ssh, and a usual one with us (TM-02).
        let all = (theirs.outputText + theirs.errorText).replacing("rows 0; columns 0;", with: "rows 24; columns 80;")
        #expect(ours.outputText + ours.errorText == all)
        #expect(ours.exit == theirs.exit && theirs.exit == .status(7))
    }

    /// Defaults of ours, and keywords that one of us does not know; `OpenSSHAgreementTests` has them with their reasons.
    private static let exceptions: Set<String> = [
        "ciphers", "macs", "kexalgorithms", "hostkeyalgorithms", "hostbasedacceptedalgorithms",
        "pubkeyacceptedalgorithms",
        "casignaturealgorithms", "identityfile", "forwardx11trusted", "ipqos", "serveraliveinterval",
    ]

    @Test("-G makes of the line what ssh -G does", arguments: lines)
    func configuration(line: Line) async throws {
        let recorder = try await Self.recorder.value
        func dump(_ program: String) async throws -> [String: [String]] {
            let result = try await recorder.run(program, ["-G"], line)
            #expect(result.exit == .status(0), "\(result.errorText)")
            let pairs = result.outputText.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
            return Dictionary(grouping: pairs) { String($0[0]) }.mapValues {
                $0.map { $0.count > 1 ? String($0[1]) : "" }
            }
        }
        let theirs = try await dump("ssh")
        let ours = try await dump(try FairleadTool.path)
        for (key, values) in ours where !Self.exceptions.contains(key) {
            guard let expected = theirs[key] else { continue }
            #expect(values == expected, "\(key)")
        }
        #expect(Set(ours.keys).intersection(theirs.keys).count > 60)
    }

    private static let recorder = Task { try await Recorder() }
}
