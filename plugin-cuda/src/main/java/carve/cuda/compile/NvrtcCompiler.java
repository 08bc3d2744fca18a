package carve.cuda.compile;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import carve.api.device.DeviceException;
import carve.cuda.driver.NativeLibrary;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.KernelSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** NVRTC, NVIDIA's compiler as a library, of whichever version is installed; it makes machine code for one card. */
public final class NvrtcCompiler implements KernelCompiler {
    private final NativeLibrary nativeLibrary;
    private final String version;

    private NvrtcCompiler(NativeLibrary nativeLibrary) {
        this.nativeLibrary = nativeLibrary;
        try (var arena = Arena.ofConfined()) {
            var numbers = arena.allocate(JAVA_INT, 2);
            check(
                    "nvrtcVersion",
                    NativeLibrary.call(
                            nativeLibrary.function("nvrtcVersion", ADDRESS, ADDRESS), numbers, numbers.asSlice(4)));
            this.version = "NVRTC %d.%d".formatted(numbers.getAtIndex(JAVA_INT, 0), numbers.getAtIndex(JAVA_INT, 1));
        }
    }

    /** Returns the compiler if the library is there. */
    public static Optional<NvrtcCompiler> find(String folders) {
        return NativeLibrary.find("libnvrtc", folders).map(NvrtcCompiler::new);
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public byte[] compile(KernelSource kernelSource, String architecture) {
        try (var arena = Arena.ofConfined()) {
            var program = arena.allocate(ADDRESS);
            var create =
                    nativeLibrary.function("nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
            check(
                    "nvrtcCreateProgram",
                    NativeLibrary.call(
                            create,
                            program,
                            arena.allocateFrom(kernelSource.text()),
                            arena.allocateFrom(kernelSource.name()),
                            1,
                            texts(arena, List.of(KernelModules.sourceText(KernelModules.HEADER))),
                            texts(arena, List.of(KernelModules.HEADER))));
            try {
                return compile(kernelSource, architecture, program.get(ADDRESS, 0), arena);
            } finally {
                NativeLibrary.call(nativeLibrary.function("nvrtcDestroyProgram", ADDRESS), program);
            }
        }
    }

    private byte[] compile(KernelSource kernelSource, String architecture, MemorySegment program, Arena arena) {
        List<String> options = new ArrayList<>(List.of("--gpu-architecture=" + architecture, "--std=c++17"));
        options.addAll(kernelSource.options());
        int code = NativeLibrary.call(
                nativeLibrary.function("nvrtcCompileProgram", ADDRESS, JAVA_INT, ADDRESS),
                program,
                options.size(),
                texts(arena, options));
        if (code != 0) {
            String log = new String(bytes("nvrtcGetProgramLog", program, arena)).trim();
            throw new DeviceException("cuda: %s does not compile for %s with %s:%n%s"
                    .formatted(kernelSource.name(), architecture, version, log));
        }
        return bytes("nvrtcGetCUBIN", program, arena);
    }

    private byte[] bytes(String what, MemorySegment program, Arena arena) {
        var size = arena.allocate(JAVA_LONG);
        check(
                what + "Size",
                NativeLibrary.call(nativeLibrary.function(what + "Size", ADDRESS, ADDRESS), program, size));
        var bytes = arena.allocate(size.get(JAVA_LONG, 0));
        check(what, NativeLibrary.call(nativeLibrary.function(what, ADDRESS, ADDRESS), program, bytes));
        return bytes.toArray(JAVA_BYTE);
    }

    private static MemorySegment texts(SegmentAllocator allocator, List<String> texts) {
        var pointers = allocator.allocate(ADDRESS, texts.size());
        for (int i = 0; i < texts.size(); i++) {
            pointers.setAtIndex(ADDRESS, i, allocator.allocateFrom(texts.get(i)));
        }
        return pointers;
    }

    private static void check(String function, int code) {
        if (code != 0) {
            throw new DeviceException("cuda: %s returned %d".formatted(function, code));
        }
    }
}
