package carve.cuda.driver;

import static carve.cuda.driver.CudaGpuDriver.check;
import static carve.cuda.driver.CudaGpuDriver.devicePointer;

import carve.api.device.Download;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jcuda.Pointer;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;

/** Copies between the host and a card on one stream, through memory of the host that the card reads and writes itself. */
final class PinnedTransfers implements AutoCloseable {
    private static final int EVENT_DISABLE_TIMING = 2;
    private static final int NOT_READY = 600;
    private static final int STAGING_BYTES = 16 << 20;
    private static final int SLOT_BYTES = 4096;
    private static final int SLOTS = 32;

    /** Memory that the card reads, and when it has done so. */
    private record PinnedBuffer(ByteBuffer bytes, Pointer pointer, CUevent done) {}

    /** Values on their way into memory that others take in turn. */
    private static final class PendingDownload implements Download {
        private final PinnedBuffer slot;
        private final int bytes;
        private Optional<MemorySegment> values = Optional.empty();

        PendingDownload(PinnedBuffer slot, int bytes) {
            this.slot = slot;
            this.bytes = bytes;
        }

        @Override
        public boolean isDone() {
            int code = values.isPresent() ? 0 : JCudaDriver.cuEventQuery(slot.done());
            if (code != NOT_READY) {
                check("cuEventQuery", code);
            }
            return code == 0;
        }

        @Override
        public MemorySegment await() {
            if (values.isEmpty()) {
                check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(slot.done()));
                byte[] copy = new byte[bytes];
                slot.bytes().get(0, copy);
                values = Optional.of(MemorySegment.ofArray(copy));
            }
            return values.get();
        }
    }

    private final CUstream stream;
    private final List<PinnedBuffer> staging = new ArrayList<>();
    private final List<PinnedBuffer> slots = new ArrayList<>();
    private final List<Optional<PendingDownload>> arriving = new ArrayList<>();
    private int turn;
    private int slot;

    PinnedTransfers(CUstream stream) {
        this.stream = stream;
    }

    /** Copies to the card; the values may be changed as soon as it returns. */
    void upload(MemorySegment from, long to, long bytes) {
        for (long done = 0; done < bytes; done += STAGING_BYTES) {
            long count = Math.min(STAGING_BYTES, bytes - done);
            PinnedBuffer next = nextStaging();
            MemorySegment.copy(from, done, MemorySegment.ofBuffer(next.bytes()), 0, count);
            check(
                    "cuMemcpyHtoDAsync",
                    JCudaDriver.cuMemcpyHtoDAsync(devicePointer(to + done), next.pointer(), count, stream));
            check("cuEventRecord", JCudaDriver.cuEventRecord(next.done(), stream));
        }
    }

    // Two in turn, so that one is filled while the other is read.
    private PinnedBuffer nextStaging() {
        turn = 1 - turn;
        if (staging.size() < 2) {
            staging.add(0, pinned(STAGING_BYTES));
            return staging.getFirst();
        }
        PinnedBuffer next = staging.get(turn);
        check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(next.done()));
        return next;
    }

    private static PinnedBuffer pinned(int bytes) {
        var pointer = new Pointer();
        check("cuMemAllocHost", JCudaDriver.cuMemAllocHost(pointer, bytes));
        var done = new CUevent();
        check("cuEventCreate", JCudaDriver.cuEventCreate(done, EVENT_DISABLE_TIMING));
        return new PinnedBuffer(pointer.getByteBuffer(0, bytes), pointer, done);
    }

    /** Waits for all that was asked, and copies from the card. */
    void download(long from, MemorySegment to, long bytes) {
        if (staging.isEmpty()) {
            staging.add(pinned(STAGING_BYTES));
        }
        PinnedBuffer own = staging.getFirst();
        check("cuEventSynchronize", JCudaDriver.cuEventSynchronize(own.done()));
        for (long done = 0; done < bytes; done += STAGING_BYTES) {
            long count = Math.min(STAGING_BYTES, bytes - done);
            check(
                    "cuMemcpyDtoHAsync",
                    JCudaDriver.cuMemcpyDtoHAsync(own.pointer(), devicePointer(from + done), count, stream));
            check("cuStreamSynchronize", JCudaDriver.cuStreamSynchronize(stream));
            MemorySegment.copy(MemorySegment.ofBuffer(own.bytes()), 0, to, done, count);
        }
    }

    /** Begins to copy from the card; waits only for more bytes than are fetched in practice. */
    Download downloadAsync(long from, long bytes) {
        if (bytes > SLOT_BYTES) {
            MemorySegment values = MemorySegment.ofArray(new byte[Math.toIntExact(bytes)]);
            download(from, values, bytes);
            return Download.of(values);
        }
        slot = (slot + 1) % SLOTS;
        if (slots.isEmpty()) {
            for (int i = 0; i < SLOTS; i++) {
                slots.add(pinned(SLOT_BYTES));
                arriving.add(Optional.empty());
            }
        }
        arriving.get(slot).ifPresent(PendingDownload::await); // whoever asked for it long ago may still want it
        PinnedBuffer own = slots.get(slot);
        check("cuMemcpyDtoHAsync", JCudaDriver.cuMemcpyDtoHAsync(own.pointer(), devicePointer(from), bytes, stream));
        check("cuEventRecord", JCudaDriver.cuEventRecord(own.done(), stream));
        var next = new PendingDownload(own, (int) bytes);
        arriving.set(slot, Optional.of(next));
        return next;
    }

    @Override
    public void close() {
        staging.forEach(PinnedTransfers::release);
        slots.forEach(PinnedTransfers::release);
    }

    private static void release(PinnedBuffer own) {
        JCudaDriver.cuEventDestroy(own.done());
        JCudaDriver.cuMemFreeHost(own.pointer());
    }
}
