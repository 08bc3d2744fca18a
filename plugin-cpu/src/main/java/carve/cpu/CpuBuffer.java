package carve.cpu;

import carve.api.device.Buffer;
import carve.api.device.DeviceException;

/** A piece of a {@link Pool}. */
final class CpuBuffer implements Buffer {
    private final Pool pool;
    private final long bytes;
    private final long capacity;
    private long address;

    CpuBuffer(Pool pool, long address, long bytes, long capacity) {
        this.pool = pool;
        this.address = address;
        this.bytes = bytes;
        this.capacity = capacity;
    }

    /**
     * Returns where the values begin.
     *
     * @throws DeviceException if the buffer is closed
     */
    long address() {
        if (address == 0) {
            throw new DeviceException(
                    "cpu: a tensor is used after its scope has closed; return it from the scope or " + "keep it");
        }
        return address;
    }

    @Override
    public long bytes() {
        return bytes;
    }

    @Override
    public void close() {
        if (address != 0) {
            pool.release(address, capacity);
            address = 0;
        }
    }
}
