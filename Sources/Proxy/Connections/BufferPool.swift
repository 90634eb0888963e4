internal import Bytes

/// Read buffers of one worker. A connection holds one only while it has bytes to understand, so an idle
/// event stream costs none.
final class BufferPool {
    private var free: [ByteBuffer] = []
    private static let most = 16
    private static let largest = 128 * 1024

    func take() -> ByteBuffer { free.popLast() ?? ByteBuffer(capacity: 16 * 1024) }

    func give(_ buffer: ByteBuffer) {
        guard free.count < Self.most, buffer.capacity <= Self.largest else { return }
        buffer.removeAll()
        free.append(buffer)
    }
}
