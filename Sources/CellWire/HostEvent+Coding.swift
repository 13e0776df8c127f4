extension HostEvent {
    /// The content of a frame.
    public var encoded: [UInt8] {
        var encoder = WireEncoder()
        switch self {
        case .ready(let environment):
            encoder.put(tag: 1)
            encoder.put(wireVersion)
            encoder.put(environment.system)
            encoder.put(environment.cpu)
            encoder.put(environment.coreCount)
            encoder.put(environment.gpus) { $0.put($1) }
        case .started(let cell):
            encoder.put(tag: 2)
            encoder.put(cell)
        case .output(let cell, let stream, let bytes):
            encoder.put(tag: 3)
            encoder.put(cell)
            encoder.put(tag: stream.rawValue)
            encoder.put(bytes)
        case .outputCut(let cell, let stream, let count):
            encoder.put(tag: 4)
            encoder.put(cell)
            encoder.put(tag: stream.rawValue)
            encoder.put(count)
        case .display(let cell, let display):
            encoder.put(tag: 5)
            encoder.put(cell)
            encoder.put(tag: display.role.rawValue)
            encoder.put(display.representations) {
                $0.put($1.type)
                $0.put(tag: $1.form.rawValue)
                $0.put($1.bytes)
            }
            encoder.put(display.metadata)
        case .failed(let cell, let failure):
            encoder.put(tag: 6)
            encoder.put(cell)
            encoder.put(tag: failure.kind.rawValue)
            encoder.put(failure.name)
            encoder.put(failure.message)
            encoder.put(failure.frames) {
                $0.put($1.image)
                $0.put($1.offset)
            }
        case .ended(let cell, let usage):
            encoder.put(tag: 7)
            encoder.put(cell)
            encoder.put(usage.duration)
            encoder.put(usage.residentBytes)
            encoder.put(usage.isTainted)
        case .fatal(let message):
            encoder.put(tag: 8)
            encoder.put(message)
        case .boundary(let cell):
            encoder.put(tag: 9)
            encoder.put(cell)
        }
        return encoder.bytes
    }

    public init(decoding content: [UInt8]) throws(WireError) {
        var decoder = WireDecoder(content)
        switch try decoder.byte() {
        case 1:
            let version = try decoder.unsigned()
            guard version == wireVersion else { throw .version(version) }
            self = .ready(
                HostEnvironment(
                    system: try decoder.string(), cpu: try decoder.string(), coreCount: try decoder.count(),
                    gpus: try decoder.list { (d) throws(WireError) in try d.string() }))
        case 2: self = .started(cell: try decoder.integer())
        case 3: self = .output(cell: try decoder.integer(), try decoder.stream(), try decoder.data())
        case 4: self = .outputCut(cell: try decoder.integer(), try decoder.stream(), byteCount: try decoder.count())
        case 5: self = .display(cell: try decoder.integer(), try decoder.display())
        case 6: self = .failed(cell: try decoder.integer(), try decoder.failure())
        case 7:
            self = .ended(
                cell: try decoder.integer(),
                CellUsage(
                    duration: try decoder.duration(), residentBytes: try decoder.count(), isTainted: try decoder.bool()))
        case 8: self = .fatal(try decoder.string())
        case 9: self = .boundary(cell: try decoder.integer())
        case let tag: throw .malformed("unknown event \(tag)")
        }
        try decoder.finish()
    }
}

extension WireDecoder {
    /// How many, or how much.
    fileprivate mutating func count() throws(WireError) -> Int {
        let count = try integer()
        guard count >= 0 else { throw .malformed("a count of \(count)") }
        return count
    }

    /// Seconds; a host measures them, so they are finite.
    fileprivate mutating func duration() throws(WireError) -> Double {
        let seconds = try double()
        guard seconds.isFinite, seconds >= 0 else { throw .malformed("a duration of \(seconds) s") }
        return seconds
    }

    fileprivate mutating func stream() throws(WireError) -> WireStream {
        guard let stream = WireStream(rawValue: try byte()) else { throw .malformed("unknown stream") }
        return stream
    }

    fileprivate mutating func display() throws(WireError) -> WireDisplay {
        guard let role = WireDisplay.Role(rawValue: try byte()) else { throw .malformed("unknown role") }
        let representations = try list { (decoder) throws(WireError) in
            let type = try decoder.string()
            guard let form = WireDisplay.Representation.Form(rawValue: try decoder.byte()) else {
                throw WireError.malformed("unknown form")
            }
            return WireDisplay.Representation(type: type, form: form, bytes: try decoder.data())
        }
        return WireDisplay(role: role, representations: representations, metadata: try string())
    }

    fileprivate mutating func failure() throws(WireError) -> WireFailure {
        guard let kind = WireFailure.Kind(rawValue: try byte()) else { throw .malformed("unknown failure") }
        return WireFailure(
            kind: kind, name: try string(), message: try string(),
            frames: try list { (decoder) throws(WireError) in
                WireFailure.Frame(image: try decoder.string(), offset: try decoder.unsigned())
            })
    }
}
