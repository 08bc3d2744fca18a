package carve.cuda.compile;

import carve.api.device.DeviceException;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.KernelSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The compiler of the CUDA toolkit, as a program: where NVRTC is not there. */
public final class NvccCompiler implements KernelCompiler {
    private final String program;
    private final String version;

    private NvccCompiler(String program, String version) {
        this.program = program;
        this.version = version;
    }

    /** Returns the compiler if the program can be started. */
    public static Optional<NvccCompiler> find() {
        for (String program : List.of("nvcc", "/usr/local/cuda/bin/nvcc")) {
            Optional<String> said = run(Path.of("."), List.of(program, "--version"));
            if (said.isPresent()) {
                return Optional.of(new NvccCompiler(program, said.get().lines().reduce("nvcc", (a, b) -> b)));
            }
        }
        return Optional.empty();
    }

    @Override
    public String version() {
        return version;
    }

    @Override
    public byte[] compile(KernelSource kernelSource, String architecture) {
        try {
            Path folder = Files.createTempDirectory("carve-nvcc");
            List<Path> files = List.of(
                    Files.writeString(
                            folder.resolve(KernelModules.HEADER), KernelModules.sourceText(KernelModules.HEADER)),
                    Files.writeString(folder.resolve(kernelSource.name()), kernelSource.text()));
            List<String> command = new ArrayList<>(
                    List.of(program, "-std=c++17", "-arch=" + architecture, "-cubin", "-o", "kernels.cubin"));
            command.addAll(kernelSource.options());
            command.add(kernelSource.name());
            run(folder, command);
            Path made = folder.resolve("kernels.cubin");
            if (!Files.exists(made)) {
                throw new DeviceException("cuda: %s does not compile for %s; run %s in %s to see why"
                        .formatted(kernelSource.name(), architecture, String.join(" ", command), folder));
            }
            byte[] image = Files.readAllBytes(made);
            for (Path file : List.of(made, files.get(0), files.get(1), folder)) {
                Files.delete(file);
            }
            return image;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns what a command that succeeds says. */
    private static Optional<String> run(Path folder, List<String> command) {
        try {
            var process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return process.waitFor() == 0 ? Optional.of(output) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.empty();
        }
    }
}
