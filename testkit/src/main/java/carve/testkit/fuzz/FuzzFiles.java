package carve.testkit.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** The files of a run of fuzz tests: inputs that failed, the input that is being read, and the table of results. */
final class FuzzFiles {
    /** The system property with the folder of a long run, which also gets the table of results, {@code results.md}. */
    static final String FOLDER = "carve.fuzz.folder";

    /** The system property with an input that failed, which is read again instead of others. */
    static final String INPUT = "carve.fuzz.input";

    private static final Path TEST_FOLDER = Path.of("target", "fuzz");
    private static final String RESULTS = "results.md";

    private final String target;
    private final Optional<Path> longRun;

    FuzzFiles(String target) {
        this.target = target.replaceAll("[^A-Za-z0-9.]+", "-");
        this.longRun = Optional.ofNullable(System.getProperty(FOLDER)).map(Path::of);
    }

    /** Returns whether one input is read again, of this target or another one. */
    static boolean repeating() {
        return System.getProperty(INPUT) != null;
    }

    /** Returns the input of this target that is to be read again, if there is one. */
    Optional<byte[]> repeated() throws IOException {
        Path input = Path.of(System.getProperty(INPUT, ""));
        return input.toString().isEmpty() || !input.getFileName().toString().startsWith(target + "@")
                ? Optional.empty()
                : Optional.of(Files.readAllBytes(input));
    }

    /** Keeps the input that is read next, so that it is known if the process ends; in long runs only. */
    void reading(byte[] input) throws IOException {
        if (longRun.isPresent()) {
            Files.write(Files.createDirectories(longRun.get()).resolve(target + "@current"), input);
        }
    }

    /** Removes the input that was read last. */
    void done() throws IOException {
        if (longRun.isPresent()) {
            Files.deleteIfExists(longRun.get().resolve(target + "@current"));
        }
    }

    /** Saves an input that failed and returns its file. */
    Path save(long number, byte[] input) throws IOException {
        Path folder = Files.createDirectories(longRun.orElse(TEST_FOLDER));
        return Files.write(folder.resolve(target + "@" + number), input).toAbsolutePath();
    }

    /** Adds a row to the table of a long run. */
    void report(FuzzResult result) throws IOException {
        if (longRun.isPresent() && !repeating()) {
            Files.writeString(
                    Files.createDirectories(longRun.get()).resolve(RESULTS),
                    result.row() + "\n",
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        }
    }
}
