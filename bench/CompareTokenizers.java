import carve.models.text.Tokenizer;
import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.sentencepiece.SentencePieceEncoder;
import carve.models.tokenizer.sentencepiece.SentencePieceModel;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Compares the ids of Carve's tokenizers with those that the libraries gave, in a folder that {@code tokenizer_peers.py} has made,
 * and prints a table. Run by {@code tokenizers.sh}.
 */
final class CompareTokenizers {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int CHUNK = 10_000;

    private static long total;
    private static long different;

    private CompareTokenizers() {}

    static void main(String... arguments) throws IOException {
        Path folder = Path.of(arguments[0]);
        List<String> texts = texts(folder);
        System.out.println("| tokenizer | texts | different | library, texts/s | Carve, texts/s | |\n| --- | --- | --- | --- | --- | --- |");
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(each -> each.toString().matches(".*\\.(json|model)")).sorted().toList()) {
                compare(file, texts);
            }
        }
        System.out.printf("%n%,d comparisons, %,d different.%n", total, different);
        System.exit(different == 0 ? 0 : 1);
    }

    private static List<String> texts(Path folder) throws IOException {
        try (DataInputStream in = open(folder.resolve("strings.bin"))) {
            List<String> texts = new ArrayList<>();
            for (int count = in.readInt(); count > 0; count--) {
                texts.add(new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8));
            }
            return texts;
        }
    }

    private static DataInputStream open(Path file) throws IOException {
        return new DataInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 20));
    }

    private static void compare(Path file, List<String> texts) throws IOException {
        Function<String, int[]> encoder = encoder(file);
        String name = file.getFileName().toString();
        int wrong = 0;
        long nanos = 0;
        try (DataInputStream in = open(file.resolveSibling(name.substring(0, name.lastIndexOf('.')) + ".ids"))) {
            long library = in.readLong();
            texts.stream().limit(3000).forEach(encoder::apply); // the compiler's share is not measured
            for (int from = 0; from < texts.size(); from += CHUNK) {
                List<String> some = texts.subList(from, Math.min(from + CHUNK, texts.size()));
                long begin = THREADS.getCurrentThreadCpuTime();
                List<int[]> found = some.stream().map(encoder).toList();
                nanos += THREADS.getCurrentThreadCpuTime() - begin;
                for (int i = 0; i < found.size(); i++) {
                    wrong += isExpected(name, some.get(i), found.get(i), in) ? 0 : 1;
                }
            }
            double rate = texts.size() / (nanos / 1e9);
            double other = texts.size() / (library / 1e9);
            System.out.printf("| %s | %,d | %d | %,.0f | %,.0f | %.1f |%n", name, texts.size(), wrong, other, rate, rate / other);
        }
        total += texts.size();
        different += wrong;
    }

    private static boolean isExpected(String name, String text, int[] found, DataInputStream in) throws IOException {
        int[] expected = new int[in.readInt()];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = in.readInt();
        }
        if (!Arrays.equals(expected, found)) {
            System.err.printf(
                    "%s: %s%n  expected %s%n  found    %s%n",
                    name, text, Arrays.toString(expected), Arrays.toString(found));
        }
        return Arrays.equals(expected, found);
    }

    private static Function<String, int[]> encoder(Path file) throws IOException {
        if (file.toString().endsWith(".model")) {
            SentencePieceEncoder encoder =
                    new SentencePieceEncoder(SentencePieceModel.parse(Files.readAllBytes(file), file.toString()));
            return text -> {
                IdBuffer ids = new IdBuffer();
                encoder.encode(text, ids, WorkBudget.of(text.length()));
                return ids.toArray();
            };
        }
        Path model = Files.createDirectories(file.resolveSibling("model"));
        Files.copy(file, model.resolve("tokenizer.json"), StandardCopyOption.REPLACE_EXISTING);
        return Tokenizer.open(model)::encode;
    }
}
