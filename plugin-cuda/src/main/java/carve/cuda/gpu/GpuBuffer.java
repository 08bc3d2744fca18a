package carve.cuda.gpu;

import carve.api.device.Buffer;
import carve.api.device.DeviceException;

/** A piece of a {@link MemoryPool}. */
public final class GpuBuffer implements Buffer {
    private final MemoryPool pool;
    private final long bytes;
    private final long capacity;
    private long address;

    GpuBuffer(MemoryPool pool, long address, long bytes, long capacity) {
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
    public long address() {
        if (address == 0) {
            throw new DeviceException(
                    "gpu: tensor used after its scope was closed; return it from the scope or call Scope.keep");
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
