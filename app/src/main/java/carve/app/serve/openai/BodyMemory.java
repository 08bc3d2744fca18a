package carve.app.serve.openai;

import carve.app.serve.http.ApiException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The memory that the bodies of requests may take together. Who asks for more than is left waits for a while and is then told to
 * try again, so that large bodies wait for each other instead of filling the heap.
 */
final class BodyMemory {
    private static final int UNIT = 1024;

    private final Semaphore units;
    private final int total;
    private final int waitMillis;

    /**
     * Makes the memory.
     *
     * @param bytes how much there is
     * @param waitMillis how long a request waits
     */
    BodyMemory(long bytes, int waitMillis) {
        total = (int) Math.max(1, Math.min(Integer.MAX_VALUE, bytes / UNIT));
        units = new Semaphore(total, true);
        this.waitMillis = waitMillis;
    }

    /** Memory that a request has; used by one thread. */
    final class Reservation implements AutoCloseable {
        private int held;

        private Reservation() {}

        /**
         * Makes this as large as so many bytes. What is more than all of the memory is all of it.
         *
         * @throws ApiException with status 503 if that was not free in time
         */
        void resize(long bytes) throws InterruptedException {
            int wanted = (int) Math.min(total, (bytes + UNIT - 1) / UNIT);
            if (wanted > held && !units.tryAcquire(wanted - held, waitMillis, TimeUnit.MILLISECONDS)) {
                throw ApiException.serverError(
                        503,
                        "The bodies of other requests take the memory that this one needs (%d KiB); try again later."
                                .formatted(wanted));
            }
            if (wanted < held) {
                units.release(held - wanted);
            }
            held = wanted;
        }

        @Override
        public void close() {
            units.release(held);
            held = 0;
        }
    }

    /** Returns a reservation of nothing; whoever has it closes it. */
    Reservation reservation() {
        return new Reservation();
    }
}
