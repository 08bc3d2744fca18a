package carve.cuda.driver;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.device.DeviceException;
import carve.cuda.gpu.GpuProperties;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.util.ArrayList;
import java.util.List;

/**
 * The library of the NVIDIA driver, as far as finding devices needs it: it is opened by name, and asked through foreign
 * functions, so that a machine without it loses nothing but the device.
 *
 * <p>Function and error names are those of the CUDA Driver API, sections 6.2 to 6.6.
 */
public final class DriverProbe {
    private static final int NAME_BYTES = 256;
    private static final int MAJOR = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    private static final int MINOR = 76;
    private static final int PROCESSORS = 16; // CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT
    private static final FunctionDescriptor INT_TO_RESULT = FunctionDescriptor.of(JAVA_INT, JAVA_INT);
    private static final FunctionDescriptor OUT_TO_RESULT = FunctionDescriptor.of(JAVA_INT, ADDRESS);
    private static final FunctionDescriptor OUT_INT_TO_RESULT = FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT);
    private static final FunctionDescriptor OUT_INT_INT_TO_RESULT =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final FunctionDescriptor NAME_TO_RESULT =
            FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final FunctionDescriptor INT_OUT_TO_RESULT = FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS);

    /** The result of probing for the driver. */
    public sealed interface ProbeResult {
        /** No such library can be opened. */
        record NoLibrary(String library) implements ProbeResult {}

        /** The library lacks a function that every driver has. */
        record MissingFunction(String library, String function) implements ProbeResult {}

        /** The driver is there and refuses; the meaning is its own word for the code. */
        record DriverError(String function, int code, String message) implements ProbeResult {}

        /** The driver is there, with these cards; version 12040 is CUDA 12.4. */
        record Devices(int version, List<GpuProperties> gpus) implements ProbeResult {
            /** Returns the version as people say it. */
            public String cuda() {
                return version / 1000 + "." + version % 1000 / 10;
            }
        }
    }

    /** A call that did not return CUDA_SUCCESS, or had nothing to call; it ends the search. */
    private static final class ProbeFailure extends Exception {
        private static final long serialVersionUID = 1L;
        private final transient ProbeResult probeResult;

        private ProbeFailure(ProbeResult probeResult) {
            super(probeResult.toString(), null, false, false);
            this.probeResult = probeResult;
        }
    }

    private final String library;
    private final SymbolLookup symbols;

    private DriverProbe(String library, SymbolLookup symbols) {
        this.library = library;
        this.symbols = symbols;
    }

    /** Returns what the library of that name finds; the driver is initialised and no context is made. */
    @SuppressWarnings("restricted")
    public static ProbeResult probe(String library) {
        SymbolLookup symbols;
        try {
            // The driver may not be unloaded once it was initialised.
            symbols = SymbolLookup.libraryLookup(library, Arena.global());
        } catch (IllegalArgumentException e) {
            return new ProbeResult.NoLibrary(library);
        }
        try (var arena = Arena.ofConfined()) {
            return new DriverProbe(library, symbols).devices(arena);
        } catch (ProbeFailure e) {
            return e.probeResult;
        }
    }

    private ProbeResult devices(Arena arena) throws ProbeFailure {
        call("cuInit", INT_TO_RESULT, 0);
        var number = arena.allocate(JAVA_INT);
        call("cuDriverGetVersion", OUT_TO_RESULT, number);
        var version = number.get(JAVA_INT, 0);
        call("cuDeviceGetCount", OUT_TO_RESULT, number);
        var count = number.get(JAVA_INT, 0);
        var cards = new ArrayList<GpuProperties>();
        for (var i = 0; i < count; i++) {
            call("cuDeviceGet", OUT_INT_TO_RESULT, number, i);
            cards.add(readProperties(number.get(JAVA_INT, 0), arena));
        }
        return new ProbeResult.Devices(version, List.copyOf(cards));
    }

    private GpuProperties readProperties(int device, Arena arena) throws ProbeFailure {
        var name = arena.allocate(NAME_BYTES);
        call("cuDeviceGetName", NAME_TO_RESULT, name, NAME_BYTES, device);
        var memory = arena.allocate(JAVA_LONG);
        call("cuDeviceTotalMem_v2", OUT_INT_TO_RESULT, memory, device);
        return new GpuProperties(
                name.getString(0),
                "sm_%d%d".formatted(attribute(MAJOR, device, arena), attribute(MINOR, device, arena)),
                memory.get(JAVA_LONG, 0),
                attribute(PROCESSORS, device, arena));
    }

    private int attribute(int attribute, int device, Arena arena) throws ProbeFailure {
        var value = arena.allocate(JAVA_INT);
        call("cuDeviceGetAttribute", OUT_INT_INT_TO_RESULT, value, attribute, device);
        return value.get(JAVA_INT, 0);
    }

    private void call(String function, FunctionDescriptor descriptor, Object... arguments) throws ProbeFailure {
        var code = result(function, descriptor, arguments);
        if (code != 0) {
            throw new ProbeFailure(new ProbeResult.DriverError(function, code, meaning(code)));
        }
    }

    @SuppressWarnings("restricted")
    private String meaning(int code) throws ProbeFailure {
        try (var arena = Arena.ofConfined()) {
            var text = arena.allocate(ADDRESS);
            if (result("cuGetErrorString", INT_OUT_TO_RESULT, code, text) != 0) {
                return "unknown";
            }
            return text.get(ADDRESS, 0).reinterpret(Long.MAX_VALUE).getString(0);
        }
    }

    @SuppressWarnings("restricted")
    private int result(String function, FunctionDescriptor descriptor, Object... arguments) throws ProbeFailure {
        var address = symbols.find(function)
                .orElseThrow(() -> new ProbeFailure(new ProbeResult.MissingFunction(library, function)));
        try {
            return (int)
                    Linker.nativeLinker().downcallHandle(address, descriptor).invokeWithArguments(arguments);
        } catch (Throwable e) { // what a method handle declares
            throw new DeviceException("%s of %s could not be called".formatted(function, library), e);
        }
    }
}
