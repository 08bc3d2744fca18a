package carve.cpu.blas;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.device.DeviceException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * The shared library of oneDNN, from a jar of the class path, and calls of its functions.
 *
 * <p>The library is unpacked once, into JavaCPP's cache, and never unloaded: its threads' memory may not outlive its code.
 * It finds OpenMP beside itself; a function of OpenMP is looked for through it, so that it is the copy that it uses.
 *
 * <p>All functions are called alike, with {@value #ARGUMENTS} whole numbers of 64 bits: x86-64 Linux passes integers of any size and
 * pointers the same way, and a function does not look at arguments that it does not have. To make a shape of calls ready costs
 * more than ten thousand calls, so there is one.
 */
final class OneDnnLibrary {
    private static final String FOLDER = "org/bytedeco/dnnl/linux-x86_64/";
    private static final String NAME = "libdnnl.so.3";
    private static final int ARGUMENTS = 7;
    private static final List<String> STATUS = List.of(
            "success",
            "out of memory",
            "invalid arguments",
            "unimplemented",
            "end of a list of implementations",
            "runtime error",
            "not required");

    private final SymbolLookup symbols;

    private OneDnnLibrary(SymbolLookup symbols) {
        this.symbols = symbols;
    }

    /**
     * Loads the library.
     *
     * @throws DeviceException if it is not on the class path, cannot be unpacked or not be loaded
     */
    @SuppressWarnings("restricted")
    static OneDnnLibrary load() {
        if (!System.getProperty("os.arch").equals("amd64")
                || !System.getProperty("os.name").equals("Linux")) {
            throw new DeviceException("oneDNN is supported on x86-64 Linux only");
        }
        try {
            unpacked("libgomp.so.1");
            return new OneDnnLibrary(SymbolLookup.libraryLookup(unpacked(NAME), Arena.global()));
        } catch (IOException | IllegalArgumentException e) {
            throw new DeviceException("oneDNN cannot be loaded: " + e.getMessage(), e);
        }
    }

    private static Path unpacked(String name) throws IOException {
        URL resource = Loader.class.getClassLoader().getResource(FOLDER + name);
        if (resource == null) {
            throw new IOException(FOLDER + name + " is not on the class path");
        }
        return Loader.cacheResource(resource).toPath();
    }

    /** A function of the library. */
    record Function(String name, MethodHandle handle) {
        /** Calls it and returns what it returns: of an int, the lower 32 bits say something. */
        long call(long... arguments) {
            long[] a = Arrays.copyOf(arguments, ARGUMENTS);
            try {
                return (long) handle.invokeExact(a[0], a[1], a[2], a[3], a[4], a[5], a[6]);
            } catch (Throwable e) { // what a method handle declares
                throw new DeviceException("cpu: %s of oneDNN could not be called".formatted(name), e);
            }
        }

        /**
         * Calls it and checks the status that it returns.
         *
         * @throws DeviceException if it is not that of success
         */
        void callChecked(long... arguments) {
            int status = (int) call(arguments);
            if (status != 0) {
                String reason = status > 0 && status < STATUS.size() ? STATUS.get(status) : "status " + status;
                throw new DeviceException("cpu: oneDNN %s failed: %s".formatted(name, reason));
            }
        }
    }

    /** Returns a function. */
    @SuppressWarnings("restricted")
    Function function(String name) {
        var address = symbols.find(name).orElseThrow(() -> new DeviceException("oneDNN does not export " + name));
        return new Function(name, Linker.nativeLinker().downcallHandle(address, shape()));
    }

    private static FunctionDescriptor shape() {
        var arguments = new MemoryLayout[ARGUMENTS];
        Arrays.fill(arguments, JAVA_LONG);
        return FunctionDescriptor.of(JAVA_LONG, arguments);
    }
}
