package carve.models.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.models.image.ImageDecoder;
import carve.models.text.ChatTurn;
import carve.models.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A written data set reads back as the scenes it was made of, and is the same bytes on any number of threads. */
class ShapesDatasetWriterTest {
    private static final ShapesDataset DATA = new ShapesDataset(ShapesConfig.standard(42));

    @TempDir
    private Path temporary;

    @Test
    void whatIsWrittenReadsBack() throws IOException {
        Path folder = temporary.resolve("shapes");
        var reported = new ConcurrentSkipListSet<Long>();
        new ShapesDatasetWriter(DATA, ShapesTokenizer.HOVLE).write(folder, 20, 5, (done, total) -> {
            assertEquals(25, total);
            reported.add(done);
        });
        assertEquals(25, reported.size());
        assertEquals(25, reported.getLast());
        assertReadsBack(folder, Split.TRAIN, 20);
        assertReadsBack(folder, Split.TEST, 5);
        try (var tokenizer = Tokenizer.open(folder)) {
            assertEquals(ShapesTokenizer.HOVLE.tokens().size(), tokenizer.vocabularySize());
        }
        try (var paths = Files.list(temporary)) {
            assertEquals(List.of(folder), paths.toList());
        }
    }

    private static void assertReadsBack(Path folder, Split split, int scenes) {
        var samples = LlavaFile.read(folder.resolve(split.word() + ".json")).iterator();
        for (int i = 0; i < scenes; i++) {
            Scene scene = DATA.scene(split, i);
            for (Question question : DATA.questions(scene)) {
                LlavaSample sample = samples.next();
                assertEquals(question.kind().word(), sample.kind());
                assertEquals(
                        "<image>\n" + question.text(), sample.turns().getFirst().question());
                assertEquals(question.answer(), sample.turns().getFirst().answer());
                assertEquals(
                        DATA.render(scene),
                        ImageDecoder.standard().read(sample.images().getFirst()));
            }
        }
        assertFalse(samples.hasNext());
    }

    @Test
    void aConversationHasUpToSoManyQuestionsAndEachIsAskedOnce() {
        Path folder = temporary.resolve("shapes");
        new ShapesDatasetWriter(DATA, ShapesTokenizer.HOVLE, new ShapesDatasetWriter.TurnRange(2, 3))
                .write(folder, 40, 5, (done, total) -> {});
        assertReadsBack(folder, Split.TEST, 5);
        var asked = new TreeMap<String, List<String>>();
        var lengths = new TreeSet<Integer>();
        for (LlavaSample talk : LlavaFile.read(folder.resolve("train.json"))) {
            lengths.add(talk.turns().size());
            assertTrue(talk.turns().getFirst().question().startsWith("<image>\n"));
            for (ChatTurn turn : talk.turns()) {
                asked.computeIfAbsent(talk.images().getFirst().getFileName().toString(), _ -> new ArrayList<>())
                        .add(turn.question().replace("<image>\n", "") + " " + turn.answer());
            }
        }
        // one is what is left of some pictures
        assertEquals(Set.of(1, 2, 3), lengths);
        for (int i = 0; i < 40; i++) {
            List<String> all = DATA.questions(DATA.scene(Split.TRAIN, i)).stream()
                    .map(question -> question.text() + " " + question.answer())
                    .sorted()
                    .toList();
            assertEquals(
                    all, asked.get("%06d.png".formatted(i)).stream().sorted().toList());
        }
    }

    @Test
    void aConversationHasAQuestion() {
        String expected = "shapes: min-turns and max-turns must be 1 or more and in order, found %d and %d";
        for (var wrong : List.of(List.of(0, 1), List.of(3, 2))) {
            var e = assertThrows(
                    DataException.class, () -> new ShapesDatasetWriter.TurnRange(wrong.getFirst(), wrong.getLast()));
            assertEquals(expected.formatted(wrong.getFirst(), wrong.getLast()), e.getMessage());
        }
    }

    @Test
    void theBytesAreTheSameOnAnyNumberOfThreads() throws Exception {
        Path one = temporary.resolve("one");
        Path many = temporary.resolve("many");
        try (var single = new ForkJoinPool(1)) {
            single.submit(() ->
                            new ShapesDatasetWriter(DATA, ShapesTokenizer.HOVLE).write(one, 30, 3, (done, total) -> {}))
                    .get();
        }
        try (var several = new ForkJoinPool(7)) {
            several.submit(() -> new ShapesDatasetWriter(DATA, ShapesTokenizer.HOVLE)
                            .write(many, 30, 3, (done, total) -> {}))
                    .get();
        }
        assertEquals(contents(one), contents(many));
    }

    @Test
    void nothingIsOverwritten() throws IOException {
        Path taken = Files.createDirectory(temporary.resolve("taken"));
        var e = assertThrows(
                DataException.class,
                () -> new ShapesDatasetWriter(DATA, ShapesTokenizer.HOVLE).write(taken, 1, 1, (done, total) -> {}));
        assertEquals("shapes: " + taken + " already exists; choose another folder or delete it", e.getMessage());
    }

    @Test
    void aFailureLeavesNothingBehind() throws IOException {
        Path folder = temporary.resolve("shapes");
        assertThrows(
                IllegalStateException.class,
                () -> new ShapesDatasetWriter(DATA, ShapesTokenizer.HOVLE).write(folder, 10, 0, (done, total) -> {
                    throw new IllegalStateException("stop");
                }));
        try (var paths = Files.list(temporary)) {
            assertEquals(List.of(), paths.toList());
        }
    }

    @Test
    void anEmptySplitIsAnEmptyArray() throws IOException {
        Path folder = temporary.resolve("shapes");
        new ShapesDatasetWriter(DATA, ShapesTokenizer.HOVLE).write(folder, 1, 0, (done, total) -> {});
        assertTrue(LlavaFile.read(folder.resolve("test.json")).isEmpty());
    }

    private static TreeMap<String, String> contents(Path folder) throws IOException {
        var result = new TreeMap<String, String>();
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.filter(Files::isRegularFile).toList()) {
                result.put(folder.relativize(path).toString(), HexFormat.of().formatHex(Files.readAllBytes(path)));
            }
        }
        return result;
    }
}
