package carve.bench.attack;

import carve.api.CarveException;
import carve.hocon.Hocon;
import carve.testkit.fuzz.FormatTargets;
import carve.testkit.fuzz.FuzzTarget;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A target of the fuzz tests as Jazzer calls it, which chooses inputs by the branches they reach. {@code -Dcarve.fuzz.target=NAME}
 * names it, {@code -Dcarve.fuzz.work=FOLDER} the folder for its files.
 */
public final class GuidedTarget {
    private static final List<byte[]> HOCON = Stream.of(
                    "a { b = 1.5, c = [x, y x3] } # comment\nd = ${a} { e = ${?HOME} }\n",
                    "include \"other.conf\"\na.b.c += 7\nlist = [{ x = true }, \"\"\"text\"\"\"]\n")
            .map(text -> text.getBytes(StandardCharsets.UTF_8))
            .toList();
    private static final Path WORK = Path.of(System.getProperty("carve.fuzz.work", "bench/target/guided"));
    private static final FuzzTarget TARGET = target();

    private GuidedTarget() {}

    private static FuzzTarget target() {
        String name = System.getProperty("carve.fuzz.target", "json");
        try {
            List<FuzzTarget> all = new ArrayList<>(FormatTargets.all(Files.createDirectories(WORK)));
            all.add(new FuzzTarget("hocon", HOCON, List.of(), input -> {
                var settings = Hocon.parse(new String(input, StandardCharsets.UTF_8), "input.conf");
                settings.asTree();
            }));
            return all.stream()
                    .filter(target -> target.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no target '%s'; there are %s"
                            .formatted(name, all.stream().map(FuzzTarget::name).toList())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes the good inputs of a target, from which Jazzer begins.
     *
     * @param line the folder for them
     */
    public static void main(String... line) throws IOException {
        Path corpus = Files.createDirectories(Path.of(line[0]));
        for (int i = 0; i < TARGET.seeds().size(); i++) {
            Files.write(corpus.resolve("seed-" + i), TARGET.seeds().get(i));
        }
    }

    /**
     * Reads an input; whatever is thrown is a finding.
     *
     * @throws Exception if the input is neither read nor refused cleanly
     */
    public static void fuzzerTestOneInput(byte[] input) throws Exception {
        try {
            TARGET.reader().read(input);
        } catch (CarveException e) {
            if (e.getMessage() == null || e.getMessage().isBlank()) {
                throw new IllegalStateException("a refusal without a message", e);
            }
        }
    }
}
