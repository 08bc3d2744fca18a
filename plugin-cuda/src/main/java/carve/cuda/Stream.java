package carve.cuda;

import carve.api.device.DeviceException;
import carve.api.device.Download;
import carve.api.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** The one order in which a device works: launches of kernels, copies from and to the host. */
final class Stream {
    private static final int WORDS = 64;
    private static final int FAULT_BYTES = 12;

    /** Launches that are put off until somebody needs what they give. */
    interface Waiting {
        /** Returns whether they read or write memory that begins there. */
        boolean touches(long address);

        /** Launches them. */
        void run();
    }

    private static final Waiting NOTHING = new Waiting() {
        @Override
        public boolean touches(long address) {
            return false;
        }

        @Override
        public void run() {
            // nothing waits
        }
    };

    private final Driver driver;
    private final Modules modules;
    private final Replays replays;
    private final long fault;
    private Waiting waiting = NOTHING;

    Stream(Driver driver, Modules modules, Replays replays) {
        this.driver = driver;
        this.modules = modules;
        this.replays = replays;
        this.fault = driver.allocate(FAULT_BYTES);
        clearFault();
    }

    /** Lets launches wait here: whatever touches their memory comes after them. */
    void let(Waiting launches) {
        waiting = launches;
    }

    /** Runs a kernel; arguments are those of {@link Launch#of}, tensors and buffers. */
    void run(String file, String kernel, Launch.Grid grid, Object... arguments) {
        launch(modules.function(file, kernel), grid, arguments);
    }

    /** Runs a kernel of a file that is compiled with options. */
    void run(List<String> options, String file, String kernel, Launch.Grid grid, Object... arguments) {
        launch(modules.function(file, kernel, options.toArray(String[]::new)), grid, arguments);
    }

    /** Runs a kernel of a source that is not ours. */
    void run(Source source, String kernel, Launch.Grid grid, Object... arguments) {
        launch(modules.function(source, kernel), grid, arguments);
    }

    private void launch(long function, Launch.Grid grid, Object... arguments) {
        Object[] values = values(arguments);
        if (touchAny(values)) {
            waiting.run();
        }
        replays.launch(Launch.of(function, grid, values));
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
            case Long number -> waiting.touches(number);
            case Launch.Struct struct -> touchAny(struct.fields());
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
            case Tensor tensor -> at(tensor);
            case CudaBuffer buffer -> buffer.address();
            case Launch.Struct struct -> new Launch.Struct(values(struct.fields()));
            default -> argument;
        };
    }

    /** Returns where the values of a tensor begin. */
    static long at(Tensor tensor) {
        return ((CudaBuffer) tensor.buffer()).address();
    }

    /** Returns where kernels leave an index that is outside of its table. */
    long fault() {
        return fault;
    }

    /** Sets bytes to one value. */
    void fill(long address, int value, long bytes) {
        if (bytes > 0) {
            run("elementwise", "fill", Launch.Grid.over(bytes), address, value, bytes);
        }
    }

    /** Copies values of the host; few of them as an argument of a kernel, in the order of launches. */
    void upload(MemorySegment values, long to, long bytes) {
        if (bytes > 4L * WORDS) {
            flush();
            driver.upload(values, to, bytes);
        } else if (bytes > 0) {
            int[] words = new int[WORDS];
            MemorySegment.copy(values, 0, MemorySegment.ofArray(words), 0, bytes);
            run("elementwise", "write_words", Launch.Grid.of(1), to, new Launch.Struct(words), (int) bytes);
        }
    }

    /**
     * Waits, and copies values to the host.
     *
     * @throws DeviceException if an index was outside of its table
     */
    void download(long from, MemorySegment to, long bytes) {
        flush();
        if (bytes > 0) {
            driver.download(from, to, bytes);
        }
        checkFault();
    }

    /** Begins to copy values to the host; who waits for them is told if an index was outside of its table until then. */
    Download fetch(long from, long bytes) {
        flush();
        Download values = bytes > 0 ? driver.fetch(from, bytes) : Download.of(MemorySegment.ofArray(new byte[0]));
        Download faults = driver.fetch(fault, FAULT_BYTES);
        return new Download() {
            @Override
            public boolean ready() {
                return faults.ready();
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
     * @throws DeviceException if an index was outside of its table
     */
    void synchronize() {
        flush();
        driver.synchronize();
        checkFault();
    }

    /** Hands the driver all that was asked for. */
    void flush() {
        waiting.run();
        replays.flush();
    }

    /** Waits, whatever went wrong. */
    void finish() {
        flush();
        driver.synchronize();
    }

    private void checkFault() {
        int[] found = new int[FAULT_BYTES / 4];
        driver.download(fault, MemorySegment.ofArray(found), FAULT_BYTES);
        check(found);
    }

    private void check(int[] found) {
        if (found[0] != 0) {
            clearFault();
            throw new DeviceException("index %d is outside of a table of %d rows".formatted(found[1], found[2]));
        }
    }

    private void clearFault() {
        driver.upload(MemorySegment.ofArray(new byte[FAULT_BYTES]), fault, FAULT_BYTES);
    }
}
