package carve.cpu;

import carve.api.device.DeviceException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.URL;
import java.nio.file.Path;
import java.util.List;
import org.bytedeco.javacpp.Loader;

/**
 * The shared library of oneDNN that lies in a jar of the class path, and calls of its functions.
 *
 * <p>The library is unpacked once, into JavaCPP's cache, and never unloaded: its threads' memory may not outlive its code.
 * It finds OpenMP beside itself; a function of OpenMP is looked for through it, so that it is the copy that it uses.
 */
final class OneDnnLibrary {
    private static final String FOLDER = "org/bytedeco/dnnl/linux-x86_64/";
    private static final String NAME = "libdnnl.so.3";
    private static final List<String> STATUS = List.of(
            "success",
            "out of memory",
            "invalid arguments",
            "unimplemented",
            "last of an implementation list",
            "runtime error",
            "not required",
            "invalid graph",
            "invalid graph op",
            "invalid shape",
            "invalid data type");

    private final SymbolLookup symbols;

    private OneDnnLibrary(SymbolLookup symbols) {
        this.symbols = symbols;
    }

    /** Returns whether a jar with the library is on the class path; nothing is loaded to find out. */
    static boolean isThere() {
        return resource(NAME) != null;
    }

    private static URL resource(String name) {
        return Loader.class.getClassLoader().getResource(FOLDER + name);
    }

    /**
     * Loads the library.
     *
     * @throws DeviceException if it is not on the class path, cannot be unpacked or not be loaded
     */
    @SuppressWarnings("restricted")
    static OneDnnLibrary load() {
        try {
            cached("libgomp.so.1");
            return new OneDnnLibrary(SymbolLookup.libraryLookup(cached(NAME), Arena.global()));
        } catch (IOException | IllegalArgumentException e) {
            throw new DeviceException("oneDNN cannot be loaded: " + e.getMessage(), e);
        }
    }

    private static Path cached(String name) throws IOException {
        URL resource = resource(name);
        if (resource == null) {
            throw new IOException("no jar of the class path has " + FOLDER + name);
        }
        return Loader.cacheResource(resource).toPath();
    }

    /** Returns a function that gives a status, of arguments of these layouts. */
    MethodHandle function(String name, MemoryLayout... arguments) {
        return handle(name, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    /** Returns any function. */
    @SuppressWarnings("restricted")
    MethodHandle handle(String name, FunctionDescriptor type) {
        MemorySegment address =
                symbols.find(name).orElseThrow(() -> new DeviceException("oneDNN has no function %s".formatted(name)));
        return Linker.nativeLinker().downcallHandle(address, type);
    }

    /** Calls a function that gives a status, and throws unless it is success. */
    static void call(String what, MethodHandle function, Object... arguments) {
        check(what, (int) invoke(function, arguments));
    }

    /** Calls a function and returns what it returns. */
    static Object invoke(MethodHandle function, Object... arguments) {
        try {
            return function.invokeWithArguments(arguments);
        } catch (Throwable e) { // what a method handle declares
            throw failed(e);
        }
    }

    /** Throws unless a status is success. */
    static void check(String what, int status) {
        if (status != 0) {
            throw new DeviceException("oneDNN did not %s: %s"
                    .formatted(what, status > 0 && status < STATUS.size() ? STATUS.get(status) : "status " + status));
        }
    }

    /** Returns what is thrown where a call itself fails. */
    static DeviceException failed(Throwable cause) {
        return new DeviceException("a function of oneDNN could not be called", cause);
    }
}
