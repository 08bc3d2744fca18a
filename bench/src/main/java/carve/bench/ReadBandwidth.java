package carve.bench;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The sum of a part of memory, which reads each byte once.
 *
 * @param part F32, a multiple of 512 bytes
 */
record ReadBandwidth(MemorySegment part) {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int STEP = SPECIES.vectorByteSize();

    /** Returns what came out, lest it is not computed. */
    float run() {
        FloatVector a = FloatVector.zero(SPECIES);
        FloatVector b = a;
        FloatVector c = a;
        FloatVector d = a;
        long bytes = part.byteSize();
        for (long at = 0; at < bytes; at += 4L * STEP) {
            a = a.add(load(at));
            b = b.add(load(at + STEP));
            c = c.add(load(at + 2L * STEP));
            d = d.add(load(at + 3L * STEP));
        }
        return a.add(b).add(c.add(d)).lane(0);
    }

    private FloatVector load(long at) {
        return FloatVector.fromMemorySegment(SPECIES, part, at, ByteOrder.nativeOrder());
    }
}
