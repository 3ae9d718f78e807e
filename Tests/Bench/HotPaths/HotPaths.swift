/// Walks the hot paths that are named, once; without a name it tells which there are.
///
/// `Scripts/bench --guard` runs it under valgrind's callgrind.
@main enum HotPaths {
    static func main() throws {
        let names = CommandLine.arguments.dropFirst()
        for path in HotPath.all where names.contains(path.name) { try path.walk() }
        if names.isEmpty { for path in HotPath.all { print(path.name) } }
    }
}
