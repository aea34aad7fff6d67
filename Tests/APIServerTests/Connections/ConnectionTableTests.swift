import Testing

@testable import APIServer

@Suite("Room for connections")
struct ConnectionTableTests {
    private static let here = PeerNetwork("127.0.0.1")
    private static let there = PeerNetwork("192.0.2.7")

    private func table(total: Int = 100, reserved: Int = 10, perNetwork: Int = 3) -> ConnectionTable {
        ConnectionTable(.init(total: total, reserved: reserved, unauthenticatedPerNetwork: perNetwork))
    }

    @Test("the oldest silent connection from an address gives way to its next one")
    func oldestSilent() {
        var table = table()
        let ids = (0..<3).map { _ in table.open(from: Self.here).id }
        table.spoke(ids[0])
        let next = table.open(from: Self.here)
        #expect(next.victim?.id == ids[1])
        #expect(next.victim?.why == .networkIsFull(Self.here))
        #expect(table.count == 3)
    }

    @Test("when all have spoken, the oldest gives way, never the new one")
    func oldestSpeaking() {
        var table = table()
        let ids = (0..<3).map { _ in table.open(from: Self.here).id }
        for id in ids { table.spoke(id) }
        #expect(table.open(from: Self.here).victim?.id == ids[0])
    }

    @Test("a flood from one address touches nobody else, and nobody with a token")
    func others() {
        var table = table()
        let neighbour = table.open(from: Self.there).id
        let authenticated = table.open(from: Self.here).id
        #expect(table.authenticate(authenticated) == true)
        for _ in 0..<1000 {
            let victim = table.open(from: Self.here).victim?.id
            #expect(victim != neighbour && victim != authenticated)
        }
        #expect(table.count == 5)
        #expect(table.isAuthenticated(authenticated))
    }

    @Test("a flood from many addresses is held to the total, and the newest get in")
    func manyNetworks() {
        var table = table()
        let authenticated = table.open(from: Self.there).id
        #expect(table.authenticate(authenticated) == true)
        for number in 0..<1000 {
            let opened = table.open(from: PeerNetwork("10.0.\(number / 256).\(number % 256)"))
            #expect(table.count <= 100)
            if let victim = opened.victim { #expect(victim.id < opened.id && victim.id != authenticated) }
        }
        #expect(table.isAuthenticated(authenticated))
    }

    @Test("connections with a token leave the reserve free")
    func reserve() {
        var table = table(total: 10, reserved: 2, perNetwork: 100)
        let ids = (0..<10).map { _ in table.open(from: Self.here).id }
        let admitted = ids.map { table.authenticate($0) }
        #expect(admitted == Array(repeating: true, count: 8) + [false, false])
        #expect(table.open(from: Self.there).victim?.id == ids[8])
        table.close(ids[0])
        #expect(table.authenticate(ids[9]) == true)
    }

    @Test("closing makes room, once")
    func close() {
        var table = table()
        let ids = (0..<3).map { _ in table.open(from: Self.here).id }
        table.close(ids[1])
        table.close(ids[1])
        #expect(table.count == 2)
        #expect(table.open(from: Self.here).victim == nil)
        #expect(table.authenticate(ids[1]) == true, "one that is gone needs no place")
        #expect(!table.isAuthenticated(ids[1]))
    }

    @Test("IPv6 addresses of one /64 are one client's; an IPv4 address is the same in both notations")
    func networks() {
        #expect(PeerNetwork("2001:db8::1") == PeerNetwork("2001:db8::ffff:1"))
        #expect(PeerNetwork("2001:db8::1") != PeerNetwork("2001:db8:0:1::1"))
        #expect(PeerNetwork("::ffff:192.0.2.7") == Self.there)
        #expect(PeerNetwork("::1") != PeerNetwork(nil))
        #expect(Self.there.description == "192.0.2.7")
        #expect(PeerNetwork("2001:db8::1").description == "2001:db8:0:0::/64")
    }
}
