package carve.cuda;

import carve.api.device.DeviceException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Compiles kernels for the processor with {@code g++}; an image is the name of a library. */
final class HostCompiler implements Compiler {
    private static final Pattern KERNEL = Pattern.compile("extern \"C\" __global__ void (\\w+)\\(");
    private static final Path FOLDER = Path.of("target", "host-kernels").toAbsolutePath();

    /** Returns whether there is a C++ compiler for this processor. */
    static boolean isHere() {
        try {
            return run(List.of("g++", "--version")).isEmpty();
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    @Override
    public String version() {
        return "g++";
    }

    @Override
    public byte[] compile(Source source, String architecture) {
        String name = source.name().replace(".cu", "")
                + String.join("", source.options()).replaceAll("[^A-Z0-9]", "");
        if (!NvccTest.variants(source.text()).contains(source.options())) {
            throw new AssertionError("%s is not packed with %s: there is no such line '// Variant: '"
                    .formatted(source.name(), source.options()));
        }
        String text = source.text() + launchers(source.text());
        try {
            Files.createDirectories(FOLDER);
            boolean header = changed("host.h", resource("host.h"));
            boolean common = changed(Modules.HEADER, Modules.text(Modules.HEADER));
            Path library = FOLDER.resolve(name + ".so");
            if (changed(name + ".cpp", text) | header | common || !Files.exists(library)) {
                build(source, name, library);
            }
            return library.toString().getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    // A library is built beside its place and moved there: one that is loaded must not be written to.
    private static void build(Source source, String name, Path library) throws IOException {
        Path made = FOLDER.resolve(name + ".new");
        // -fno-gnu-unique: shared memory of one library is not that of another, whose size may differ
        List<String> command =
                new ArrayList<>(List.of("g++", "-std=c++17", "-O2", "-shared", "-fPIC", "-w", "-fno-gnu-unique"));
        command.addAll(source.options());
        command.addAll(List.of("-include", "host.h", "-I", ".", name + ".cpp", "-o", made.toString()));
        String problem = run(command);
        if (!problem.isEmpty()) {
            throw new DeviceException(source.name() + " does not compile:\n" + problem);
        }
        Files.move(made, library, StandardCopyOption.REPLACE_EXISTING);
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
    static Path driver() throws IOException {
        return played("libcuda.cpp", "libcuda.so.1");
    }

    /** Returns a library that has the functions of one of NVIDIA's: a file of these resources, compiled under a name. */
    static Path played(String source, String name) throws IOException {
        Files.createDirectories(FOLDER);
        Path library = FOLDER.resolve(name);
        if (changed(source, resource(source)) || !Files.exists(library)) {
            String problem = run(List.of(
                    "g++",
                    "-std=c++17",
                    "-O1",
                    "-shared",
                    "-fPIC",
                    "-Wl,-soname," + name,
                    source,
                    "-ldl",
                    "-o",
                    library.toString()));
            if (!problem.isEmpty()) {
                throw new DeviceException(source + " does not compile:\n" + problem);
            }
        }
        return library;
    }

    private static boolean changed(String file, String text) throws IOException {
        Path path = FOLDER.resolve(file);
        if (Files.exists(path) && Files.readString(path).equals(text)) {
            return false;
        }
        if (file.equals("host.h") || file.equals(Modules.HEADER)) {
            try (var libraries = Files.newDirectoryStream(FOLDER, "*.so")) {
                for (Path library : libraries) {
                    Files.delete(library);
                }
            }
        }
        Files.writeString(path, text);
        return true;
    }

    private static String resource(String name) throws IOException {
        try (var in = HostCompiler.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Returns what a command that fails says; nothing if it succeeds. */
    private static String run(List<String> command) {
        try {
            Files.createDirectories(FOLDER);
            var process = new ProcessBuilder(command)
                    .directory(FOLDER.toFile())
                    .redirectErrorStream(true)
                    .start();
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
