package carve.cuda.gpu;

import carve.api.device.DeviceException;
import carve.api.device.Download;
import carve.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The stream of a device, on which launches of kernels and copies from and to the host run in order. */
public final class GpuStream {
    private static final int WORDS = 64;
    private static final int FAULT_BYTES = 12;

    /** Launches that are deferred until their results are needed. */
    public interface DeferredLaunches {
        /** Returns whether they read or write memory that begins at an address. */
        boolean touches(long address);

        /** Launches them. */
        void flush();
    }

    private static final DeferredLaunches NOTHING = new DeferredLaunches() {
        @Override
        public boolean touches(long address) {
            return false;
        }

        @Override
        public void flush() {
            // nothing waits
        }
    };

    private final GpuDriver gpuDriver;
    private final KernelModules kernelModules;
    private final GraphCache graphCache;
    private final long indexErrorAddress;
    private DeferredLaunches deferred = NOTHING;

    /** Makes the stream that kernels of a device are launched on. */
    public GpuStream(GpuDriver gpuDriver, KernelModules kernelModules, GraphCache graphCache) {
        this.gpuDriver = gpuDriver;
        this.kernelModules = kernelModules;
        this.graphCache = graphCache;
        this.indexErrorAddress = gpuDriver.allocate(FAULT_BYTES);
        clearIndexError();
    }

    /** Sets the deferred launches: other launches that touch their memory come after them. */
    public void defer(DeferredLaunches launches) {
        deferred = launches;
    }

    /** Runs a kernel; arguments are those of {@link KernelLaunch#of}, tensors and buffers. */
    public void launch(String file, String kernel, KernelLaunch.Grid grid, Object... arguments) {
        launch(kernelModules.function(file, kernel), grid, arguments);
    }

    /** Runs a kernel of a file that is compiled with options. */
    public void launch(List<String> options, String file, String kernel, KernelLaunch.Grid grid, Object... arguments) {
        launch(kernelModules.function(file, kernel, options.toArray(String[]::new)), grid, arguments);
    }

    /** Runs a kernel of a plugin's source. */
    public void launch(KernelSource kernelSource, String kernel, KernelLaunch.Grid grid, Object... arguments) {
        launch(kernelModules.function(kernelSource, kernel), grid, arguments);
    }

    private void launch(long function, KernelLaunch.Grid grid, Object... arguments) {
        Object[] values = values(arguments);
        if (touchAny(values)) {
            deferred.flush();
        }
        graphCache.launch(KernelLaunch.of(function, grid, values));
    }

    private boolean touchAny(Object[] values) {
        for (Object value : values) {
            if (touches(value)) {
                return true;
            }
        }
        return false;
    }

    private boolean touches(Object value) {
        return switch (value) {
            case Long number -> deferred.touches(number);
            case KernelLaunch.StructArgument structArgument -> touchAny(structArgument.fields());
            default -> false;
        };
    }

    private static Object[] values(Object[] arguments) {
        Object[] values = new Object[arguments.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = value(arguments[i]);
        }
        return values;
    }

    private static Object value(Object argument) {
        return switch (argument) {
            case Tensor tensor -> address(tensor);
            case GpuBuffer buffer -> buffer.address();
            case KernelLaunch.StructArgument structArgument ->
                new KernelLaunch.StructArgument(values(structArgument.fields()));
            default -> argument;
        };
    }

    /** Returns where the values of a tensor begin. */
    public static long address(Tensor tensor) {
        return ((GpuBuffer) tensor.buffer()).address();
    }

    /** Returns the address where kernels report an index that is out of bounds. */
    public long indexErrorAddress() {
        return indexErrorAddress;
    }

    /** Sets bytes to one value. */
    public void fill(long address, int value, long bytes) {
        if (bytes > 0) {
            launch("elementwise", "fill", KernelLaunch.Grid.over(bytes), address, value, bytes);
        }
    }

    /** Copies values of the host; few of them as an argument of a kernel, in the order of launches. */
    public void upload(MemorySegment values, long to, long bytes) {
        if (bytes > 4L * WORDS) {
            flush();
            gpuDriver.upload(values, to, bytes);
        } else if (bytes > 0) {
            int[] words = new int[WORDS];
            MemorySegment.copy(values, 0, MemorySegment.ofArray(words), 0, bytes);
            launch(
                    "elementwise",
                    "write_words",
                    KernelLaunch.Grid.of(1),
                    to,
                    new KernelLaunch.StructArgument(words),
                    (int) bytes);
        }
    }

    /**
     * Waits, and copies values to the host.
     *
     * @throws DeviceException if an index was out of bounds
     */
    public void download(long from, MemorySegment to, long bytes) {
        flush();
        if (bytes > 0) {
            gpuDriver.download(from, to, bytes);
        }
        checkIndexError();
    }

    /** Begins to copy values to the host; waiting for them fails if an index was out of bounds until then. */
    public Download downloadAsync(long from, long bytes) {
        flush();
        Download values =
                bytes > 0 ? gpuDriver.downloadAsync(from, bytes) : Download.of(MemorySegment.ofArray(new byte[0]));
        Download faults = gpuDriver.downloadAsync(indexErrorAddress, FAULT_BYTES);
        return new Download() {
            @Override
            public boolean isDone() {
                return faults.isDone();
            }

            @Override
            public MemorySegment await() {
                check(faults.ints());
                return values.await();
            }
        };
    }

    /**
     * Waits until all is done.
     *
     * @throws DeviceException if an index was out of bounds
     */
    public void synchronize() {
        flush();
        gpuDriver.synchronize();
        checkIndexError();
    }

    /** Submits all launches to the driver. */
    public void flush() {
        deferred.flush();
        graphCache.flush();
    }

    /** Waits until all launches are done, without checking indices. */
    public void drain() {
        flush();
        gpuDriver.synchronize();
    }

    private void checkIndexError() {
        int[] found = new int[FAULT_BYTES / 4];
        gpuDriver.download(indexErrorAddress, MemorySegment.ofArray(found), FAULT_BYTES);
        check(found);
    }

    private void check(int[] found) {
        if (found[0] != 0) {
            clearIndexError();
            throw new DeviceException("index %d is outside of a table of %d rows".formatted(found[1], found[2]));
        }
    }

    private void clearIndexError() {
        gpuDriver.upload(MemorySegment.ofArray(new byte[FAULT_BYTES]), indexErrorAddress, FAULT_BYTES);
    }
}
