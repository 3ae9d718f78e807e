import Fairlead
import SSHConfig

extension Planner {
    /// `--forget`: takes the keys of a host off the user's known-hosts files, and connects to nobody.
    ///
    /// The host goes by the name that a connection would look up, and by the one that was typed.
    ///
    /// - Returns: The exit status: 1 when nothing was on record.
    func forget() throws -> Int32 {
        let target = try configuration()
        let (name, port) = (target.trustName, target.trustPort)
        let hosts = [HostName(name, port: port), HostName(invocation.host, port: target.port)]
        var isFound = false
        for path in try userKnownHostsFiles where path != "/dev/null" {
            isFound = try forget(hosts, in: path) || isFound
        }
        for place in try globalPlaces(name, port) {
            Console.say("fairlead: a key remains in \(place), which is not the user's")
        }
        guard !isFound else { return 0 }
        let files = try userKnownHostsFiles.map { "\(ConfigText($0))" }.joined(separator: ", ")
        Console.say("fairlead: no key is on record for \(ConfigText(invocation.host)) in \(files)")
        return 1
    }

    private func forget(_ hosts: [HostName], in path: String) throws -> Bool {
        var removed: KnownHostsEdit.Removed = []
        do throws(PlatformFiles.Failure) {
            let backup = try KnownHostsFile.edit(path) { contents in
                let edit = KnownHostsEdit.forgetting(hosts, in: contents, of: path)
                removed = edit?.removed ?? []
                return edit?.bytes
            }
            guard let backup else { return false }
            let lines = removed.map { line in
                let key = line.key.map { "\($0.typeName) \($0.fingerprint.sha256)" } ?? "not readable"
                let names = line.names.text ?? "a hashed name"
                return "\(ConfigText(path)):\(line.names.location.line): removed the key of \(names): \(key)\n"
            }
            PlatformTerminal.write(
                lines.joined() + "\(ConfigText(path)) as it was is \(ConfigText(backup))\n", to: 1)
            return true
        } catch {
            guard error != .missing else { return false }
            throw UsageError(message: "\(ConfigText(path)): \(error.text)")
        }
    }

    /// Where the system has the host on record.
    private func globalPlaces(_ name: String, _ port: Int) throws -> [String] {
        var known = KnownHosts()
        for path in try globalKnownHostsFiles {
            known.add(file: path, contents: (try? PlatformFiles.read(path, upTo: ConfigReader.maximumByteCount)) ?? [])
        }
        return known.keys(host: name, port: port).map { "\(ConfigText($0.location.file)):\($0.location.line)" }
    }
}
