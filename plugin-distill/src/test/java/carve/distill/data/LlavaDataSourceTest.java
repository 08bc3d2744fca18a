package carve.distill.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.data.SkippedSamples;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import carve.api.text.ImageDecodingException;
import carve.api.text.Message;
import carve.distill.TestParts;
import carve.testkit.CharacterProcessor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LLaVA's files become samples in an order of their own, with whatever is wrong named. */
final class LlavaDataSourceTest {
    @TempDir
    private Path folder;

    /** A token for each letter, and the sum of a picture's bytes for the picture; counts what it is asked. */
    private static final class Letters extends CharacterProcessor {
        private int asked;

        @Override
        public Sample prompt(List<Message> conversation) {
            return trainingSample(conversation);
        }

        @Override
        public Sample trainingSample(List<Message> conversation) {
            asked++;
            List<Integer> tokens = new ArrayList<>();
            List<Boolean> answers = new ArrayList<>();
            float pictures = 0;
            for (Message message : conversation) {
                for (var encodedImage : message.images()) {
                    assertTrue(message.isFrom(Message.Role.USER));
                    if (encodedImage.bytes().length == 1 && encodedImage.bytes()[0] == 0) {
                        throw new ImageDecodingException("image " + encodedImage.name() + ": broken PNG data");
                    }
                    if (encodedImage.bytes().length == 0) {
                        throw new IllegalArgumentException(encodedImage.name() + ": is empty");
                    }
                    pictures += encodedImage.bytes()[0];
                }
                for (int letter : encode(message.text())) {
                    tokens.add(letter);
                    answers.add(message.isFrom(Message.Role.ASSISTANT));
                }
            }
            boolean[] flags = new boolean[answers.size()];
            for (int i = 0; i < flags.length; i++) {
                flags[i] = answers.get(i);
            }
            return new Sample(
                    tokens.stream().mapToInt(i -> i).toArray(),
                    flags,
                    Map.of("picture", new HostTensor(Shape.of(1), new float[] {pictures})));
        }

        @Override
        public Set<Integer> suppressedTokens() {
            return Set.of((int) '#');
        }
    }

    private final Letters letters = new Letters();

    private static String entry(String id, String image, String question, String answer) {
        return "{\"id\": %s, %s\"conversations\": [{\"from\": \"human\", \"value\": \"%s\"}, {\"from\": \"gpt\", \"value\": \"%s\"}]}"
                .formatted(id, image.isEmpty() ? "" : "\"image\": " + image + ", ", question, answer);
    }

    private Path file(String... entries) throws IOException {
        return Files.writeString(folder.resolve("train.json"), "[" + String.join(",\n", entries) + "]");
    }

    private Dataset open(Path file, String more, long seed) {
        return TestParts.data("type = llava, file = \"%s\"%s".formatted(file, more), letters, seed);
    }

    private static SkippedSamples skipped(String... names) {
        return new SkippedSamples(names.length, List.of(names));
    }

    private static String text(Optional<Sample> sample) {
        int[] tokens = sample.orElseThrow().tokens();
        return new String(tokens, 0, tokens.length);
    }

    @Test
    void picturesGoWithTheFirstQuestion() throws IOException {
        Files.write(folder.resolve("a.png"), new byte[] {5});
        Files.write(folder.resolve("b.png"), new byte[] {7});
        Path file = file(
                entry("1", "\"a.png\"", "q", "ans"),
                entry("\"two\"", "[\"a.png\", \"b.png\"]", "q", "x"),
                entry("3", "", "text", "y"));
        try (Dataset data = open(file, ", shuffle = false", 1)) {
            assertEquals(3, data.size());
            Sample first = data.sample(0).orElseThrow();
            assertEquals("qans", text(Optional.of(first)));
            assertEquals(5, first.media().get("picture").values()[0]);
            assertEquals(false, first.lossMask()[0]);
            assertTrue(first.lossMask()[3]);
            assertEquals(12, data.sample(1).orElseThrow().media().get("picture").values()[0]);
            assertEquals("texty", text(data.sample(5)));
            assertEquals(Map.of(), data.skipped());
        }
    }

    @Test
    void eachEpochHasAnOrderOfItsOwn() throws IOException {
        String[] entries = new String[50];
        for (int i = 0; i < entries.length; i++) {
            entries[i] = entry(String.valueOf(i), "", "", "%02d".formatted(i));
        }
        Path file = file(entries);
        List<List<String>> epochs = new ArrayList<>();
        try (Dataset data = open(file, "", 1);
                Dataset again = open(file, "", 1);
                Dataset other = open(file, "", 2)) {
            for (int epoch = 0; epoch < 2; epoch++) {
                List<String> order = new ArrayList<>();
                for (int i = 0; i < 50; i++) {
                    order.add(text(data.sample(epoch * 50L + i)));
                }
                assertEquals(50, new HashSet<>(order).size());
                epochs.add(order);
            }
            assertNotEquals(epochs.get(0), epochs.get(1));
            assertEquals(epochs.get(1).get(7), text(again.sample(57)));
            assertEquals(epochs.get(0).get(7), text(again.sample(7)));
            assertNotEquals(data.fingerprint(), other.fingerprint());
            assertEquals(data.fingerprint(), again.fingerprint());
        }
    }

    @Test
    void longSamplesAreLeftOutAndCounted() throws IOException {
        Path file = file(entry("1", "", "q", "abc"), entry("2", "", "q", "abcd"), entry("3", "", "question", "answer"));
        try (Dataset data = open(file, ", shuffle = false, max-length = 4", 1)) {
            assertEquals(Optional.empty(), data.sample(1));
            assertEquals(Optional.empty(), data.sample(4));
            assertEquals(Optional.empty(), data.sample(2));
            assertEquals("qabc", text(data.sample(0)));
            assertEquals(Map.of("longer than 4 tokens", skipped("id 2: 5 tokens", "id 3: 14 tokens")), data.skipped());
        }
    }

    @Test
    void longSamplesAreCutIfAskedButForTheirPicturesAndAnswers() throws IOException {
        Path file = file(
                entry("1", "", "q", "abcdef"), entry("2", "", "q###", "abc"), entry("3", "", "question", "answer"));
        try (Dataset data = open(file, ", shuffle = false, max-length = 3, overlong = truncate", 1)) {
            assertEquals("qab", text(data.sample(0)));
            assertEquals(3, data.sample(0).orElseThrow().lossMask().length);
            assertEquals(Optional.empty(), data.sample(1));
            assertEquals(Optional.empty(), data.sample(2));
            assertEquals(
                    Map.of(
                            "an image beyond max-length = 3",
                            skipped("id 2: 7 tokens"),
                            "no answer within 3 tokens",
                            skipped("id 3: 14 tokens")),
                    data.skipped());
        }
    }

    @Test
    void internVlsSetsFollowOneAnother() throws IOException {
        Files.createDirectories(folder.resolve("one/pictures"));
        Files.write(folder.resolve("one/pictures/a.png"), new byte[] {5});
        Files.writeString(
                folder.resolve("one/train.jsonl"),
                entry("1", "\"a.png\"", "q", "one") + "\n\n" + entry("2", "", "q", "two\\u00e9") + "\r\n");
        Files.writeString(
                folder.resolve("two.json"),
                "[" + entry("1", "", "q", "three") + "," + entry("2", "", "q", "four") + ","
                        + entry("3", "", "q", "five") + "]");
        Path meta = Files.writeString(folder.resolve("meta.json"), """
                {"one": {"root": "one/pictures/", "annotation": "one/train.jsonl", "data_augment": false, "repeat_time": 2,
                         "length": 2},
                 "two": {"root": "", "annotation": "two.json", "repeat_time": 0.7}}
                """);
        try (Dataset data = meta(meta, ", shuffle = false")) {
            List<String> texts = new ArrayList<>();
            for (int i = 0; i < data.size(); i++) {
                texts.add(text(data.sample(i)));
            }
            assertEquals(List.of("qone", "qtwo\u00e9", "qone", "qtwo\u00e9", "qthree", "qfour"), texts);
            assertEquals(5, data.sample(2).orElseThrow().media().get("picture").values()[0]);
            assertTrue(data.fingerprint().startsWith("internvl meta.json (6 conversations"), data.fingerprint());
        }
    }

    @Test
    void whatIsWrongWithInternVlsFilesIsTold() throws IOException {
        Path meta = Files.writeString(folder.resolve("meta.json"), """
                {"one": {"root": "pictures", "annotation": "train.jsonl"}}
                """);
        assertEquals(
                "meta.json: one.annotation: there is no file " + folder.resolve("train.jsonl"),
                assertThrows(SettingsException.class, () -> meta(meta, "")).getMessage());
        Path lines = Files.writeString(
                folder.resolve("train.jsonl"), entry("1", "\"a.png\"", "q", "a") + "\n{\"id\": 2}\n{\n");
        assertEquals(
                lines + ": 2 conversations cannot be used\n"
                        + "  train.jsonl: line 2: conversations: expected an array, found no such key\n"
                        + "  train.jsonl: line 3: 1:2: expected a key in double quotes, found the end of the text",
                assertThrows(SettingsException.class, () -> meta(meta, "")).getMessage());
        Files.writeString(lines, entry("1", "\"a.png\"", "q", "a"));
        assertEquals(
                meta + ": 1 images are missing; set 'root' to their folder, or use missing-images = skip\n  "
                        + folder.resolve("pictures/a.png") + " (id 1)",
                assertThrows(SettingsException.class, () -> meta(meta, "")).getMessage());
        Files.writeString(meta, "{\"one\": {\"root\": \"\", \"annotation\": \"train.jsonl\", \"repeat_time\": 1.5}}");
        assertEquals(
                "meta.json: one.repeat_time: must be a fraction up to 1 or an integer, is 1.5",
                assertThrows(SettingsException.class, () -> meta(meta, "")).getMessage());
    }

    private Dataset meta(Path file, String more) {
        return TestParts.data("type = internvl, file = \"%s\"%s".formatted(file, more), letters, 1);
    }

    @Test
    void missingPicturesAreAllNamedAtOnce() throws IOException {
        Path file = file(entry("1", "\"a.png\"", "q", "a"), entry("\"x\"", "\"b.png\"", "q", "a"));
        assertEquals(
                file + ": 2 images are missing; set 'image-folder' to their folder, or use missing-images = skip\n  "
                        + folder.resolve("pictures/a.png") + " (id 1)\n  " + folder.resolve("pictures/b.png")
                        + " (id x)",
                assertThrows(
                                SettingsException.class,
                                () -> open(file, ", image-folder = \"" + folder.resolve("pictures") + "\"", 1))
                        .getMessage());
    }

    @Test
    void missingPicturesAreLeftOutIfAsked() throws IOException {
        Path file = file(entry("1", "\"a.png\"", "q", "a"), entry("2", "", "q", "b"));
        try (Dataset data = open(file, ", shuffle = false, missing-images = skip", 1)) {
            assertEquals(Optional.empty(), data.sample(0));
            assertEquals("qb", text(data.sample(1)));
            assertEquals(Map.of("image missing", skipped("id 1: no image " + folder.resolve("a.png"))), data.skipped());
        }
    }

    @Test
    void picturesThatGoMissingOrCannotBeReadNameTheirSample() throws IOException {
        Files.write(folder.resolve("a.png"), new byte[] {5});
        Files.write(folder.resolve("b.png"), new byte[0]);
        Path file = file(entry("1", "\"a.png\"", "q", "a"), entry("2", "\"b.png\"", "q", "b"));
        try (Dataset data = open(file, ", shuffle = false", 1)) {
            Files.delete(folder.resolve("a.png"));
            assertEquals(
                    file + ": id 1: no image " + folder.resolve("a.png")
                            + "; replace the image, or set missing-images = skip",
                    assertThrows(IllegalArgumentException.class, () -> data.sample(0))
                            .getMessage());
            assertEquals(
                    file + ": id 2: " + folder.resolve("b.png") + ": is empty",
                    assertThrows(IllegalArgumentException.class, () -> data.sample(1))
                            .getMessage());
        }
    }

    @Test
    void picturesThatCannotBeDecodedAreLeftOutIfAsked() throws IOException {
        Files.write(folder.resolve("good.png"), new byte[] {5});
        List<String> entries = new ArrayList<>(List.of(entry("0", "\"good.png\"", "q", "b")));
        for (int i = 1; i <= 7; i++) {
            Files.write(folder.resolve(i + ".png"), new byte[] {0});
            entries.add(entry(String.valueOf(i), "\"%d.png\"".formatted(i), "q", "a"));
        }
        Path file = file(entries.toArray(new String[0]));
        try (Dataset data = open(file, ", shuffle = false, missing-images = skip", 1)) {
            for (int position = 0; position < 16; position++) {
                assertEquals(position % 8 == 0, data.sample(position).isPresent());
            }
            SkippedSamples skipped = data.skipped().get("image cannot be decoded");
            assertEquals(7, skipped.count());
            assertEquals(
                    "id 1: image " + folder.resolve("1.png") + ": broken PNG data",
                    skipped.examples().getFirst());
            assertEquals(SkippedSamples.SHOWN, skipped.examples().size());
            assertTrue(skipped.toString().endsWith(", ...)"), skipped.toString());
        }
        try (Dataset data = open(file, ", shuffle = false", 1)) {
            assertEquals(
                    file + ": id 1: image " + folder.resolve("1.png")
                            + ": broken PNG data; replace the image, or set missing-images = skip",
                    assertThrows(IllegalArgumentException.class, () -> data.sample(1))
                            .getMessage());
        }
    }

    @Test
    void samplesWithoutTokensOfAnAnswerAreLeftOut() throws IOException {
        Path file = file(entry("1", "", "", ""), entry("2", "", "q", ""), entry("3", "", "q", "a"));
        try (Dataset data = open(file, ", shuffle = false", 1)) {
            assertEquals(Optional.empty(), data.sample(0));
            assertEquals(Optional.empty(), data.sample(1));
            assertEquals("qa", text(data.sample(2)));
            assertEquals(Map.of("no tokens of an answer", skipped("id 1", "id 2")), data.skipped());
        }
    }

    @Test
    void samplesAreMadeOnceWhileThereIsRoom() throws IOException {
        Path file = file(entry("1", "", "q", "a"), entry("2", "", "q", "b"));
        try (Dataset data = open(file, ", shuffle = false", 1)) {
            data.sample(0);
            data.sample(2);
            assertEquals(1, letters.asked);
        }
        letters.asked = 0;
        try (Dataset data = open(file, ", shuffle = false, cache-mib = 0", 1)) {
            data.sample(0);
            data.sample(2);
            assertEquals(2, letters.asked);
        }
    }

    @Test
    void everyProblemOfAFileIsNamed() throws IOException {
        Path file = file(
                "7",
                "{\"id\": 1}",
                "{\"conversations\": [{\"from\": \"robot\", \"value\": \"x\"}]}",
                "{\"conversations\": [{\"from\": \"human\", \"value\": \"x\"}]}");
        String message =
                assertThrows(SettingsException.class, () -> open(file, "", 1)).getMessage();
        assertTrue(
                message.startsWith(file + ": 4 of 4 conversations cannot be used\n  [0]: expected an object, found"),
                message);
        assertTrue(message.contains("expected one of human, user, gpt, assistant, system, found 'robot'"), message);
        assertTrue(message.endsWith("[3]: conversations: expected an answer, found none"), message);
    }

    @Test
    void defaultsAreThoseOfTheReference() throws IOException {
        Path file = file(entry("1", "", "q", "a"));
        try (Dataset data = open(file, "", 3)) {
            assertEquals(
                    "llava train.json (1 conversations, max-length 8192, missing-images FAIL, shuffle true, seed 3)",
                    data.fingerprint());
        }
        try (Dataset data = open(
                file,
                ", image-folder = \"x\", max-length = 9, overlong = truncate, missing-images = skip, shuffle = false,"
                        + " cache-mib = 1",
                3)) {
            assertEquals(
                    "llava train.json (1 conversations, max-length 9 truncated, missing-images SKIP, shuffle false, seed 3)",
                    data.fingerprint());
        }
    }
}
