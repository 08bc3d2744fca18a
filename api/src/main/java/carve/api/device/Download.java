package carve.api.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * A copy of a tensor's values to the host, in progress. It has the values at the time of the call: later operations neither
 * change nor delay it. Confined to the thread of its device. It need not be awaited.
 */
public interface Download {
    /** Returns whether {@link #await} would not wait. */
    boolean isDone();

    /**
     * Waits for the values, little-endian, and returns them; the same each time.
     *
     * @throws DeviceException if what makes them went wrong
     */
    MemorySegment await();

    /** Waits for the values of an I32 tensor, and returns a copy. */
    default int[] ints() {
        return await().toArray(ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN));
    }

    /** Returns values that are there already. */
    static Download of(MemorySegment values) {
        return new Download() {
            @Override
            public boolean isDone() {
                return true;
            }

            @Override
            public MemorySegment await() {
                return values;
            }
        };
    }
}
