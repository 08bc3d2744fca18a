package carve.cuda.driver;

import carve.api.device.DeviceException;
import java.io.File;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A library of the CUDA toolkit that is bound by foreign functions, of whichever major version is there: JCuda's own
 * bindings ask for one version by name.
 *
 * @param path what was found
 * @param symbols of the library
 */
public record NativeLibrary(String path, SymbolLookup symbols) {
    private static final List<String> VERSIONS = List.of(".so.13", ".so.12", ".so");
    private static final List<String> FOLDERS = List.of(
            "/usr/local/cuda/lib64",
            "/usr/local/cuda/targets/x86_64-linux/lib",
            "/usr/lib/x86_64-linux-gnu",
            "/usr/lib64");

    /**
     * Looks for a library: first in these folders, then where the system looks, then where CUDA is usually installed.
     *
     * @param name such as {@code libnvrtc}
     * @param folders separated as those of a class path
     */
    public static Optional<NativeLibrary> find(String name, String folders) {
        List<String> candidates = new ArrayList<>();
        for (String folder : folders.split(File.pathSeparator)) {
            VERSIONS.stream()
                    .filter(version -> !folder.isEmpty())
                    .forEach(version ->
                            candidates.add(Path.of(folder, name + version).toString()));
        }
        VERSIONS.forEach(version -> candidates.add(name + version));
        FOLDERS.forEach(folder -> VERSIONS.forEach(
                version -> candidates.add(Path.of(folder, name + version).toString())));
        return candidates.stream().flatMap(path -> open(path).stream()).findFirst();
    }

    @SuppressWarnings("restricted")
    private static Optional<NativeLibrary> open(String path) {
        try {
            // Libraries of CUDA may not be unloaded once they have been used.
            return Optional.of(new NativeLibrary(path, SymbolLookup.libraryLookup(path, Arena.global())));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Returns a function that gives an int, of arguments of these layouts. */
    @SuppressWarnings("restricted")
    public MethodHandle function(String name, MemoryLayout... arguments) {
        var address = symbols.find(name)
                .orElseThrow(() -> new DeviceException("cuda: %s has no function %s".formatted(path, name)));
        return Linker.nativeLinker().downcallHandle(address, FunctionDescriptor.of(ValueLayout.JAVA_INT, arguments));
    }

    /** Calls a function and returns what it returns. */
    public static int call(MethodHandle function, Object... arguments) {
        try {
            return (int) function.invokeWithArguments(arguments);
        } catch (Throwable e) { // what a method handle declares
            throw new DeviceException("cuda: native call failed", e);
        }
    }
}
