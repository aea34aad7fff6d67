public import ServiceLifecycle

extension ObjectStore: Service {
    private static let maintenanceInterval = Duration.seconds(5)

    /// Runs what happens by itself: bookmarks for watches, the expiry of events, the end of namespaces.
    ///
    /// Returns at graceful shutdown or cancellation; the store stays open for those who still write. ``close()`` ends it.
    public func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.terminateNamespaces() }
                group.addTask {
                    while await self.pause(self.configuration.bookmarkInterval) { self.objects.beginBookmarkRound() }
                }
                group.addTask {
                    repeat {
                        self.commits.sweep()
                        self.pages.dropIdle()
                        self.beginTerminations()
                        // What was full may have room again; without a write nobody would notice.
                        _ = await self.unreadiness()
                    } while await self.pause(Self.maintenanceInterval)
                }
            }
        }
    }

    /// - Returns: Whether to go on: `false` when cancelled meanwhile.
    private func pause(_ duration: Duration) async -> Bool {
        do {
            try await Task.sleep(for: duration)
            return true
        } catch {
            return false
        }
    }
}
