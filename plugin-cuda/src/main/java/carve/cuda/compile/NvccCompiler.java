package carve.cuda.compile;

import carve.api.device.DeviceException;
import carve.api.io.TemporaryFolder;
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
            Output said = run(Path.of("."), List.of(program, "--version"));
            if (said.status() == 0) {
                return Optional.of(new NvccCompiler(program, said.text().lines().reduce("nvcc", (a, b) -> b)));
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
        try (TemporaryFolder folder = TemporaryFolder.create("nvcc")) {
            folder.deleteOnShutdown();
            return compile(kernelSource, architecture, folder.path());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] compile(KernelSource kernelSource, String architecture, Path folder) throws IOException {
        Files.writeString(folder.resolve(KernelModules.HEADER), KernelModules.sourceText(KernelModules.HEADER));
        Files.writeString(folder.resolve(kernelSource.name()), kernelSource.text());
        List<String> command = new ArrayList<>(
                List.of(program, "-std=c++17", "-arch=" + architecture, "-cubin", "-o", "kernels.cubin"));
        command.addAll(kernelSource.options());
        command.add(kernelSource.name());
        Output output = run(folder, command);
        Path made = folder.resolve("kernels.cubin");
        if (!Files.exists(made)) {
            throw new DeviceException("cuda: %s does not compile for %s, %s says: %s"
                    .formatted(
                            kernelSource.name(),
                            architecture,
                            String.join(" ", command),
                            output.text().strip()));
        }
        return Files.readAllBytes(made);
    }

    /** The output of a program and how it ended. */
    private record Output(int status, String text) {}

    private static Output run(Path folder, List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Output(process.waitFor(), text);
        } catch (IOException e) {
            return new Output(-1, String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Output(-1, "interrupted");
        }
    }
}
