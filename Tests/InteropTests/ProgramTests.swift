import Foundation
import TestSupport
import Testing

/// Real programs that start `ssh`, with OpenSSH's and with ours in its place: what comes of it is equal.
@Suite(.serialized) struct ProgramTests {
    enum Client: String, CaseIterable, Sendable { case openSSH, fairlead }

    /// A home whose configuration knows the server as `box`, and a `PATH` on which `ssh` is the client.
    private struct Scene {
        let server: OpenSSHServer
        let folder: TemporaryDirectory
        let environment: [String: String]

        init(_ client: Client, _ chosen: OpenSSHServer? = nil) async throws {
            server = if let chosen { chosen } else { try await ServerProgram.sharedOpenSSH.value }
            folder = try TemporaryDirectory()
            _ = try folder.makeFolder(".ssh")
            _ = try folder.makeFolder("bin")
            let lines = ["Host box box?"] + server.configurationLines() + [""]
            let configuration = try folder.write(lines.joined(separator: "\n"), to: ".ssh/config")
            switch client {
            case .fairlead:
                try FileManager.default.createSymbolicLink(
                    atPath: folder.file("bin/ssh"), withDestinationPath: try FairleadTool.path)
            case .openSSH:
                // It takes the home directory from the password file, not from HOME.
                try folder.write(
                    "#!/bin/sh\nexec \(try programPath("ssh")) -F '\(configuration)' \"$@\"\n", to: "bin/ssh",
                    mode: 0o755)
            }
            let path = plainEnvironment(home: folder.path)["PATH"] ?? ""
            environment = plainEnvironment(
                home: folder.path,
                [
                    "PATH": folder.file("bin") + ":" + path, "GIT_CONFIG_NOSYSTEM": "1", "GIT_AUTHOR_NAME": "a",
                    "GIT_AUTHOR_EMAIL": "a@example.org", "GIT_COMMITTER_NAME": "a",
                    "GIT_COMMITTER_EMAIL": "a@example.org",
                ])
        }

        /// Runs a shell script in the folder; a step that fails ends it.
        @discardableResult
        func run(_ script: String, within limit: Duration = .seconds(240)) async throws -> String {
            let result = try await RunningProcess.run("bash", ["-e", "-o", "pipefail", "-c", script], within: limit) {
                $0.environment = environment
                $0.directory = folder.path
            }
            guard result.exit == .status(0) else {
                throw SupportError.commandFailed("\(result.exit): \(result.outputText)\(result.errorText)")
            }
            return result.outputText
        }
    }

    /// Files of every kind of size and name, in `tree`.
    private static let tree = """
        mkdir -p tree/deep/er; printf 'a b' >'tree/a b'; : >tree/empty; ln -sfn empty tree/link; printf x >"tree/it's"
        head -c 3000000 /dev/urandom >tree/deep/big; printf 'ä' >tree/deep/er/ä; chmod 755 tree/empty

        """

    @Test("git clones, pushes and fetches ten thousand files over protocol 2", arguments: Client.allCases)
    func git(client: Client) async throws {
        let scene = try await Scene(client)
        let shown = try await scene.run(
            """
            R=$(ssh box 'd=$(mktemp -d); git init -q --bare -b main $d/r.git; echo $d'); git init -q -b main one; cd one
            mkdir d; for i in {1..10000}; do echo $i >d/$i; done
            git add -A; git commit -qm all; git remote add origin box:$R/r.git; git push -q origin main
            cd ..; git clone -q ssh://box$R/r.git two; diff -r one/d two/d
            cd two; echo more >more; git add -A; git commit -qm more; git push -q origin HEAD; cd ../one
            GIT_TRACE_PACKET=1 git -c protocol.version=2 fetch origin 2>&1 | grep -c 'version 2'
            git archive --remote=box:$R/r.git main more | tar -xO
            """)
        #expect(shown == "1\nmore\n")
    }

    @Test("rsync copies a tree there and back, and only what changed", arguments: Client.allCases)
    func rsync(client: Client) async throws {
        let scene = try await Scene(client)
        let shown = try await scene.run(
            Self.tree + """
                R=$(ssh box mktemp -d); rsync -a tree/ box:$R/there/
                diff -r tree $R/there; rsync -az --rsh='ssh -o Compression=no -x -T' box:$R/there/ back/; diff -r tree back
                echo changed >tree/empty; rsync -a --info=name1 -e ssh tree/ box:$R/there/; diff -r tree $R/there
                ssh box rm -rf $R
                """)
        #expect(shown == "empty\n")
    }

    @Test(
        "scp copies both ways, by sftp and by its old protocol, between two hosts as well", arguments: Client.allCases)
    func scp(client: Client) async throws {
        let scene = try await Scene(client)
        for mode in ["", "-O"] {
            try await scene.run(
                Self.tree + """
                    S="-S $PWD/bin/ssh -q -r -p \(mode)"; R=$(ssh box mktemp -d); rm -rf back
                    scp $S tree box:$R/there; diff -r tree $R/there; scp $S box:$R/there back; diff -r tree back
                    scp -3 $S box:$R/there/deep box2:$R/third; diff -r tree/deep $R/third
                    test "$(stat -c %a back/empty)" = 755; ! scp $S box:$R/nowhere x 2>err; grep -q 'No such file' err
                    ssh box rm -rf $R
                    """)
        }
    }

    @Test("sftp takes a batch, and its subsystem or its server's path", arguments: Client.allCases)
    func sftp(client: Client) async throws {
        let scene = try await Scene(client)
        let shown = try await scene.run(
            Self.tree + """
                S="-S $PWD/bin/ssh -q"; R=$(ssh box mktemp -d)
                printf '%s\\n' "put -r tree/deep $R/" "ls -1 $R" "get $R/deep/big x" |
                    sftp $S -b - box | grep -Ev '^(sftp>|Entering)' | sed "s:$R::"
                cmp tree/deep/big x; echo pwd | sftp $S -s /usr/lib/openssh/sftp-server -b - box | tail -n 1
                ! sftp $S -b - box <<<"get $R/nowhere" >/dev/null 2>&1; ssh box rm -rf $R
                """)
        let home = try await scene.run("ssh box pwd")
        #expect(shown == "/deep\nRemote working directory: " + home)
    }

    @Test("GNU parallel runs on ten hosts at once, with files there and back", arguments: Client.allCases)
    func parallel(client: Client) async throws {
        let scene = try await Scene(client)
        let hosts = (0..<10).map { "2/box\($0)" }.joined(separator: ",")
        let shown = try await scene.run(
            """
            mkdir .parallel; touch .parallel/will-cite; cd; mkdir w; cd w; for i in {1..20}; do echo $i >in$i; done
            ls in* | parallel -S \(hosts) --workdir ... --transferfile {} --return {}.out --cleanup 'cat {} >{}.out; echo {}'
            cat in*.out | sort -n | tr '\\n' ' '
            """)
        let lines = shown.split(separator: "\n").map(String.init)
        #expect(Set(lines.dropLast()) == Set((1...20).map { "in\($0)" }))
        #expect(lines.last == (1...20).map { "\($0) " }.joined())
    }
    // MARK: Ansible

    /// Runs `ansible` over the hosts, as it comes, with `options`; its lines, each up to the first brace.
    private func ansible(
        _ scene: Scene, hosts: Int, _ options: String, _ client: Client, variables: String = ""
    ) async throws -> [String] {
        try scene.folder.write(
            "[all]\nh[1:\(hosts)] ansible_host=box\n[all:vars]\nansible_python_interpreter=/usr/bin/python3\n\(variables)\n",
            to: "inventory")
        let program = (try AsyncSSHServer.python as NSString).deletingLastPathComponent + "/ansible"
        // Its masters would outlive the test.
        let alone = client == .openSSH ? "export ANSIBLE_SSH_ARGS='-o ControlMaster=no'; " : ""
        let shown = try await scene.run(
            alone + "export ANSIBLE_NOCOLOR=1; '\(program)' all -i inventory -f 4 -o \(options)")
        return shown.split(separator: "\n").map { $0.prefix { $0 != "{" }.trimmingCharacters(in: .whitespaces) }
            .sorted()
    }

    @Test("Ansible pings twenty hosts", arguments: Client.allCases)
    func ansiblePing(client: Client) async throws {
        let scene = try await Scene(client)
        let lines = try await ansible(scene, hosts: 20, "-m ping", client)
        #expect(lines == (1...20).map { "h\($0) | SUCCESS =>" }.sorted())
    }

    @Test("Ansible runs commands and copies files there and back, pipelined and not", arguments: Client.allCases)
    func ansibleModules(client: Client) async throws {
        let scene = try await Scene(client)
        let remote = try await scene.run("ssh box mktemp -d").trimmingCharacters(in: .newlines)
        try scene.folder.write("contents\n", to: "file")
        for pipelining in ["True", "False"] {
            let set =
                "ansible_ssh_pipelining=\(pipelining)\nansible_ssh_transfer_method=\(pipelining == "True" ? "piped" : "smart")"
            let command = try await ansible(
                scene, hosts: 2, "-m command -a 'echo said'", client, variables: set)
            #expect(command == (1...2).map { "h\($0) | CHANGED | rc=0 | (stdout) said" })
            _ = try await ansible(
                scene, hosts: 2, "-m copy -a 'src=file dest=\(remote)/{{ inventory_hostname }}'", client, variables: set
            )
            _ = try await ansible(
                scene, hosts: 2,
                "-m fetch -a 'src=\(remote)/{{ inventory_hostname }} dest=back-\(pipelining)/ flat=yes'",
                client, variables: set)
            #expect(try scene.folder.text(of: "back-\(pipelining)/h2") == "contents\n")
        }
        try await scene.run("ssh box rm -rf \(remote)")
    }

    @Test("Ansible gives a password by askpass", .enabled(if: ThrowawayUser.isPossible), arguments: Client.allCases)
    func ansiblePassword(client: Client) async throws {
        let user = try await ThrowawayUser.create(password: "pass word 1")
        let server = try await OpenSSHServer { $0.user = user }
        let scene = try await Scene(client, server)
        let set = "ansible_password='pass word 1'\nansible_ssh_common_args='-o PubkeyAuthentication=no'"
        #expect(try await ansible(scene, hosts: 1, "-m ping", client, variables: set) == ["h1 | SUCCESS =>"])
    }
}
