package carve.cuda;

import carve.api.device.DeviceException;
import carve.cuda.compile.KernelCompilationTest;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.KernelSource;
import carve.testkit.LoggedAssumptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Compiles kernels for the processor with {@code g++}; an image is the name of a library. */
public final class EmulatorCompiler implements KernelCompiler {
    private static final Pattern KERNEL = Pattern.compile("extern \"C\" __global__ void (\\w+)\\(");
    private static final List<String> COMPILE = List.of("g++", "-std=c++17", "-O1", "-shared", "-fPIC", "-w");
    private static final Path FOLDER = Path.of("target", "host-kernels").toAbsolutePath();
    private static final Path CACHE = cache();
    private static final String VERSION = installed();

    private static Path cache() {
        Path user = Optional.ofNullable(System.getenv("CARVE_BUILD_CACHE"))
                .map(Path::of)
                .orElseGet(() -> Path.of(System.getProperty("user.home"), ".cache", "carve", "build"))
                .toAbsolutePath();
        try {
            return Files.createDirectories(user);
        } catch (IOException e) {
            return FOLDER; // a user without a home keeps them in this clone
        }
    }

    /** Leaves the test out where there is no C++ compiler for this processor. */
    public static void isNeeded() {
        LoggedAssumptions.assumeTrue(
                !VERSION.isEmpty(), "no g++ on this machine, kernels are not run on the processor");
    }

    @Override
    public String version() {
        return "g++";
    }

    @Override
    public byte[] compile(KernelSource kernelSource, String architecture) {
        String name = kernelSource.name().replace(".cu", "")
                + String.join("", kernelSource.options()).replaceAll("[^A-Z0-9]", "");
        if (!KernelCompilationTest.variants(kernelSource.text()).contains(kernelSource.options())) {
            throw new AssertionError("%s is not packed with %s: there is no such line '// Variant: '"
                    .formatted(kernelSource.name(), kernelSource.options()));
        }
        String text = kernelSource.text() + launchers(kernelSource.text());
        List<String> options = new ArrayList<>(List.of("-fno-gnu-unique")); // libraries may not share "shared" memory
        options.addAll(kernelSource.options());
        options.addAll(List.of("-include", "host.h"));
        Map<String, String> files = Map.of(
                name + ".cpp",
                text,
                "host.h",
                resource("host.h"),
                KernelModules.HEADER,
                KernelModules.sourceText(KernelModules.HEADER));
        return library(name, files, options).toString().getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Returns a library of a file, compiled with others beside it. What has been compiled from the same text once is kept, under
     * the digest of all that it is made of, in {@code .cache/carve/build} of the user, or where the environment's {@code
     * CARVE_BUILD_CACHE} says.
     */
    private static Path library(String name, Map<String, String> files, List<String> options) {
        try {
            Path kept = CACHE.resolve(name + "-" + digest(files, options) + ".so");
            if (!Files.exists(kept)) {
                Files.createDirectories(CACHE);
                Files.createDirectories(FOLDER);
                Path own = Files.createTempDirectory(FOLDER, name);
                for (var file : files.entrySet()) {
                    Files.writeString(own.resolve(file.getKey()), file.getValue());
                }
                List<String> command = new ArrayList<>(COMPILE);
                command.addAll(options);
                command.addAll(List.of("-I", ".", name + ".cpp", "-ldl", "-o", "made.so"));
                String problem = run(own, command);
                if (!problem.isEmpty()) {
                    throw new DeviceException(name + ".cpp does not compile:\n" + problem);
                }
                Path moved = Files.copy(own.resolve("made.so"), CACHE.resolve(own.getFileName() + ".new"));
                Files.move(moved, kept, StandardCopyOption.ATOMIC_MOVE);
            }
            return kept;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String digest(Map<String, String> files, List<String> options) {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            var all = new StringBuilder(VERSION + COMPILE + options);
            new TreeMap<>(files)
                    .forEach((file, text) ->
                            all.append('\0').append(file).append('\0').append(text));
            digest.update(all.toString().getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest.digest(), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every JDK has it
        }
    }

    /** For each kernel a function of pointers to its arguments that calls it, and one that copies them. */
    private static String launchers(String text) {
        var launchers = new StringBuilder("\n");
        KERNEL.matcher(text)
                .results()
                .map(kernel -> kernel.group(1))
                .forEach(kernel -> launchers
                        .append("extern \"C\" void host_call_%1$s(void** p) { invoke(%1$s, p); }%n".formatted(kernel))
                        .append("extern \"C\" void** host_keep_%1$s(void** p) { return keep(%1$s, p); }%n"
                                .formatted(kernel)));
        return launchers.toString();
    }

    /** Returns a library that is a driver of NVIDIA's by its functions, and runs what this compiler compiles. */
    public static Path driver() throws IOException {
        return played("libcuda.cpp", "libcuda.so.1");
    }

    /** Returns a library that has the functions of one of NVIDIA's: a file of these resources, compiled under a name. */
    public static Path played(String source, String name) throws IOException {
        String stem = source.replace(".cpp", "");
        Map<String, String> files = Map.of(source, resource(source), "cublas.h", resource("cublas.h"));
        Path made = library(stem, files, List.of("-Wl,-soname," + name));
        Path library = FOLDER.resolve(made.getFileName()).resolve(name);
        if (!Files.exists(library)) {
            Path copy = Files.createTempDirectory(Files.createDirectories(library.getParent()), "copy");
            Files.move(Files.copy(made, copy.resolve(name)), library, StandardCopyOption.ATOMIC_MOVE);
        }
        return library;
    }

    private static String resource(String name) {
        try (var in = EmulatorCompiler.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Process start(Path folder, List<String> command) throws IOException {
        return new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
    }

    private static String installed() {
        try {
            var process = start(Path.of("").toAbsolutePath(), List.of("g++", "--version"));
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** Returns what a command that fails says; nothing if it succeeds. */
    private static String run(Path folder, List<String> command) {
        try {
            var process = start(folder, command);
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? "" : output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return "interrupted";
        }
    }
}
