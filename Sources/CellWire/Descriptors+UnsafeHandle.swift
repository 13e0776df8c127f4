#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Writes all bytes; `false` when the other side is gone.
@discardableResult
package func writeAll(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let count = write(descriptor, UnsafeRawBufferPointer(rebasing: buffer[written...]).baseAddress, buffer.count - written)
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN {
                    var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                    poll(&poller, 1, -1)
                    continue
                }
                return false
            }
            written += count
        }
        return true
    }
}

/// Reads what is there, waiting for the first byte; `nil` at the end, empty where nothing is ready
/// on a descriptor that does not wait.
package func readSome(_ descriptor: Int32, capacity: Int = 1 << 16) -> [UInt8]? {
    while true {
        var count = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, initialized in
            count = read(descriptor, buffer.baseAddress, capacity)
            initialized = max(0, count)
        }
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EAGAIN { return [] }
        return count > 0 ? bytes : nil
    }
}

/// A pipe that children do not inherit.
package func makePipe() -> (reading: Int32, writing: Int32)? {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

package func setNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// Waits until one of the descriptors can be read; says which can.
package func waitForInput(_ descriptors: [Int32]) -> [Bool] {
    var pollers = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    while poll(&pollers, nfds_t(pollers.count), -1) < 0, errno == EINTR {}
    return pollers.map { $0.revents != 0 }
}

/// Waits for input for a time; whether some, or the end, has come.
package func waitForInput(_ descriptor: Int32, milliseconds: Int32) -> Bool {
    var poller = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&poller, 1, milliseconds) > 0
}

/// Moves a descriptor out of the way of 0, 1 and 2.
package func duplicateAbove(_ descriptor: Int32) -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 10) }

package func secondsNow() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
