package carve.bench;

import carve.api.io.TemporaryFolder;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/**
 * Measures how long the program takes from its command line to the first token of an answer, with plugins beside its own.
 *
 * <p>Each plugin is a module with a mixer, eight more classes, a {@code reference.conf} and a library on its class path. All
 * are checked, given a layer and started each time; the program reads its own plugins likewise. The time is from the start of
 * the process to the first byte that it prints; the work is what the whole process takes of all processors, which a busy
 * machine changes less, and which only Linux tells.
 *
 * <pre>{@code
 * bench/start-up.sh demo/teacher 9
 * }</pre>
 */
public final class StartupBenchmark {
    private static final int[] COUNTS = {0, 1, 12, 50};
    private static final int ROUNDS = 7;
    private static final double MILLION = 1e6;
    private static final int MILLIS_OF_TICK = 10;
    // cutime, counted from the field after the name of the process
    private static final int USER_TICKS = 13;
    private static final List<String> PROMPT =
            List.of("--prompt", "describe the picture", "--greedy", "--max-tokens", "1");

    private final PrintStream out;
    private final String carve;
    private final String model;
    private final int rounds;

    private StartupBenchmark(PrintStream out, String carve, String model, int rounds) {
        this.out = out;
        this.carve = carve;
        this.model = model;
        this.rounds = rounds;
    }

    /** Measures the program and the model that the arguments name. */
    public static void main(String... line) throws IOException, InterruptedException {
        if (line.length < 2) {
            throw new IllegalArgumentException(
                    "name the program and the folder of a model, and perhaps how many rounds");
        }
        int rounds = line.length > 2 ? Integer.parseInt(line[2]) : ROUNDS;
        new StartupBenchmark(System.out, line[0], line[1], rounds).run();
    }

    private void run() throws IOException, InterruptedException {
        out.printf(
                "Java %s, %s %s, %d processors, %d rounds%n%n",
                Runtime.version(),
                System.getProperty("os.name"),
                System.getProperty("os.arch"),
                Runtime.getRuntime().availableProcessors(),
                rounds);
        out.printf("%-24s %-30s %s%n", "", "ms: quartile, median, quartile", "work: the same");
        try (TemporaryFolder folder = TemporaryFolder.create("start-up")) {
            measure(folder);
        }
    }

    private void measure(TemporaryFolder folder) throws IOException, InterruptedException {
        List<Path> folders = new ArrayList<>();
        for (int count : COUNTS) {
            folders.add(folder.resolve("plugins-" + count));
            write(folders.getLast(), count);
        }
        for (int i = 0; i < COUNTS.length; i++) {
            row("list, %d beside".formatted(COUNTS[i]), folders.get(i), List.of("plugins", "list"));
        }
        for (int i = 0; i < COUNTS.length; i++) {
            List<String> generate =
                    Stream.concat(Stream.of("generate", model), PROMPT.stream()).toList();
            row("first token, %d beside".formatted(COUNTS[i]), folders.get(i), generate);
        }
    }

    private void row(String name, Path plugins, List<String> arguments) throws IOException, InterruptedException {
        time(plugins, arguments);
        double[] millis = new double[rounds];
        double[] work = new double[rounds];
        for (int i = 0; i < rounds; i++) {
            long before = workOfChildren();
            millis[i] = time(plugins, arguments) / MILLION;
            work[i] = (workOfChildren() - before) * MILLIS_OF_TICK;
        }
        out.printf("%-24s %s %s%n", name, quartiles(millis), quartiles(work));
    }

    private static String quartiles(double[] values) {
        Arrays.sort(values);
        int quarter = values.length / 4;
        return "%9.0f %9.0f %9.0f "
                .formatted(values[quarter], values[values.length / 2], values[values.length - 1 - quarter]);
    }

    // in ticks; what children that have ended took, as proc(5) tells
    private static long workOfChildren() throws IOException {
        Path file = Path.of("/proc/self/stat");
        if (!Files.isReadable(file)) {
            return 0;
        }
        String stat = Files.readString(file);
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return Long.parseLong(fields[USER_TICKS]) + Long.parseLong(fields[USER_TICKS + 1]);
    }

    private long time(Path plugins, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(carve));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("CARVE_PLUGINS", plugins.toString());
        long started = System.nanoTime();
        Process process = builder.start();
        try (InputStream stream = process.getInputStream()) {
            int first = stream.read();
            long elapsed = System.nanoTime() - started;
            stream.readAllBytes();
            if (process.waitFor() != 0 || first < 0) {
                throw new IllegalStateException("this failed: CARVE_PLUGINS=%s %s".formatted(plugins, command));
            }
            return elapsed;
        }
    }

    private static void write(Path folder, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            String name = "made" + (char) ('a' + i / 26) + (char) ('a' + i % 26);
            Path sources = Files.createDirectories(folder.resolveSibling("made").resolve(name + "-sources"));
            Path classes = Files.createDirectories(folder.resolveSibling("made").resolve(name + "-classes"));
            compile(name, sources, classes);
            Files.writeString(classes.resolve("reference.conf"), "carve.mixers.%s { decay = 0.9 }%n".formatted(name));
            pack(classes, folder.resolve(name).resolve(name + ".jar"));
            Path library = Files.createDirectories(folder.resolveSibling("made").resolve(name + "-library"));
            Files.writeString(library.resolve("library.txt"), name);
            pack(library, folder.resolve(name).resolve("lib/library.jar"));
        }
    }

    private static void compile(String name, Path sources, Path classes) throws IOException {
        Path module = Files.writeString(sources.resolve("module-info.java"), """
                module made.%s {
                    requires carve.api;
                    provides carve.api.mixer.MixerProvider with made.%s.Provider;
                }
                """.formatted(name, name));
        StringBuilder more = new StringBuilder();
        IntStream.range(0, 8).forEach(i -> more.append("record More%d(int a, String b) {}%n".formatted(i)));
        Path provider = Files.writeString(sources.resolve("Provider.java"), """
                package made.%s;

                import carve.api.config.Settings;
                import carve.api.mixer.*;

                public final class Provider implements MixerProvider {
                    public String name() { return "%s"; }
                    public Mixer create(MixerDims dims, Settings settings) {
                        throw new UnsupportedOperationException(settings.string("decay"));
                    }
                }
                """.formatted(name, name) + more);
        String path = System.getProperty("jdk.module.path");
        int code = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-nowarn",
                        "-p",
                        path,
                        "-d",
                        classes.toString(),
                        module.toString(),
                        provider.toString());
        if (code != 0) {
            throw new IllegalStateException("a plugin that was made here does not compile: " + provider);
        }
    }

    private static void pack(Path classes, Path jar) throws IOException {
        Files.createDirectories(jar.getParent());
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream target = new JarOutputStream(file);
                Stream<Path> paths = Files.walk(classes)) {
            for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
                target.putNextEntry(new JarEntry(classes.relativize(path).toString()));
                Files.copy(path, target);
                target.closeEntry();
            }
        }
    }
}
