package carve.cpu.memory;

import carve.api.device.Buffer;
import carve.api.device.DeviceException;

/** A piece of a {@link BufferPool}, or memory of somebody else. */
public final class CpuBuffer implements Buffer {
    private final long bytes;
    private final Runnable release;
    private long address;

    CpuBuffer(BufferPool bufferPool, long address, long bytes, long capacity) {
        this(address, bytes, () -> bufferPool.release(address, capacity));
    }

    /** Makes a buffer over memory that is kept until {@code release} runs. */
    public CpuBuffer(long address, long bytes, Runnable release) {
        this.address = address;
        this.bytes = bytes;
        this.release = release;
    }

    /**
     * Returns where the values begin.
     *
     * @throws DeviceException if the buffer is closed
     */
    public long address() {
        if (address == 0) {
            throw new DeviceException(
                    "cpu: tensor used after its scope was closed; return it from the scope or call keep()");
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
            address = 0;
            release.run();
        }
    }
}
