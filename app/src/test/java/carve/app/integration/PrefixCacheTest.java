package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.param.CounterRandom;
import carve.runtime.engine.EngineConfig;
import carve.runtime.engine.GenerationJob;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.Prompt;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that cached prefixes change no token, in memory or on disk. */
final class PrefixCacheTest {
    private static final int BESIDE = 8;
    private static final long PLENTY = 64 << 20;

    @TempDir
    private Path work;

    /** A conversation: what was said so far. */
    private record Conversation(List<Integer> tokens) {
        Conversation and(List<Integer> more) {
            List<Integer> all = new ArrayList<>(tokens);
            all.addAll(more);
            return new Conversation(all);
        }
    }

    // forks go on from a conversation that others go on from, too; restores from what was said long ago
    private static List<List<Integer>> conversations(ModelEngine engine, int count, boolean cached) {
        CounterRandom random = new CounterRandom(42, "conversations");
        List<Conversation> saved = new ArrayList<>(List.of(new Conversation(List.of())));
        List<List<Integer>> answers = new ArrayList<>();
        int draw = 0;
        for (int turn = 0; turn < count; turn += BESIDE) {
            List<Conversation> asked = new ArrayList<>();
            List<GenerationJob> jobs = new ArrayList<>();
            for (int i = 0; i < BESIDE; i++) {
                Conversation from = saved.get(random.below(draw++, saved.size()));
                List<Integer> more = RandomPrompts.random(random, draw, 1 + random.below(draw + 40, 24));
                draw += 64;
                Conversation talk = from.and(more);
                asked.add(talk);
                jobs.add(engine.submit(RandomPrompts.request(RandomPrompts.prompt(talk.tokens), turn + i, 6, cached)));
            }
            for (int i = 0; i < BESIDE; i++) {
                List<Integer> answer = RandomPrompts.answer(jobs.get(i)).tokens();
                answers.add(answer);
                Conversation whole = asked.get(i).and(answer);
                if (whole.tokens.size() < 150) {
                    saved.add(whole);
                }
            }
        }
        return answers;
    }

    @ParameterizedTest
    @Timeout(120)
    @CsvSource({"mamba2 mamba2, 80, 64", "attention mamba2, 400, 512", "attention mamba-in-llama, 80, 128"})
    void conversationsAreTheSameWithAndWithoutIt(String mixers, int count, int kibibytes) {
        String[] layers = mixers.split(" ");
        List<List<Integer>> without;
        try (ModelEngine engine = TestEngines.onCpu(TestEngines.config(0, 0, List.of()), layers)) {
            without = conversations(engine, count, false);
        }
        // room for some of them only, so that snapshots are thrown away and made again
        try (ModelEngine engine = TestEngines.onCpu(TestEngines.config((long) kibibytes << 10, 0, List.of()), layers)) {
            assertEquals(without, conversations(engine, count, true));
            assertTrue(
                    engine.metrics().cacheHits() > count / 8,
                    () -> "hits: " + engine.metrics().cacheHits());
            assertTrue(engine.metrics().counters().get("cache_evictions") > 0);
        }
    }

    @Test
    void secondPromptGoesOnWhereTheFirstLeft() {
        CounterRandom random = new CounterRandom(42, "shared");
        List<Integer> shared = RandomPrompts.random(random, 0, 50);
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("shared", TestEngines.config(PLENTY, 0, List.of()), true)) {
            List<Integer> cached = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                List<Integer> prompt = new ArrayList<>(shared);
                prompt.addAll(RandomPrompts.random(random, 100 + 10 * i, 10));
                cached.add(RandomPrompts.answer(
                                engine.submit(RandomPrompts.request(RandomPrompts.prompt(prompt), i, 3, true)))
                        .cached());
            }
            // the first makes one at its end, the second one where it leaves the first, at 6 times 8 positions
            assertEquals(List.of(0, 0, 48, 48), cached);
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void nextTurnGoesOnAfterTheAnswer() throws InterruptedException {
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("turns", TestEngines.config(PLENTY, 0, List.of()), false)) {
            List<Integer> said = new ArrayList<>(RandomPrompts.random(new CounterRandom(42, "turns"), 0, 21));
            said.addAll(
                    RandomPrompts.answer(engine.submit(RandomPrompts.request(RandomPrompts.prompt(said), 1, 20, true)))
                            .tokens());
            while (engine.metrics().pendingPrefixes() > 0 || engine.metrics().active() > 0) {
                Thread.sleep(1);
            }
            said.addAll(List.of(3, 4, 5));
            int boundary = (said.size() - 3) / 8 * 8;
            RandomPrompts.Answer next =
                    RandomPrompts.answer(engine.submit(RandomPrompts.request(RandomPrompts.prompt(said), 2, 3, true)));
            assertTrue(next.cached() >= boundary, () -> next.cached() + " of " + boundary);
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    @Test
    void whatIsOnDiskIsFoundByTheNextProcess() throws IOException {
        Prompt prompt = RandomPrompts.prompt(RandomPrompts.random(new CounterRandom(42, "disk"), 0, 45));
        EngineConfig config = TestEngines.config(PLENTY, PLENTY, List.of(work));
        TestEngines testEngines = new TestEngines();
        RandomPrompts.Answer first;
        try (ModelEngine engine = testEngines.small("disk", config, true)) {
            first = RandomPrompts.answer(engine.submit(RandomPrompts.request(prompt, 7, 9, true)));
        }
        try (ModelEngine engine = testEngines.small("disk", config, true)) {
            RandomPrompts.Answer again = RandomPrompts.answer(engine.submit(RandomPrompts.request(prompt, 7, 9, true)));
            assertEquals(first.tokens(), again.tokens());
            assertEquals(List.of(0, 40), List.of(first.cached(), again.cached()));
        }
        // of another identity, nothing
        try (ModelEngine engine = testEngines.small("other", config, true)) {
            assertEquals(
                    0,
                    RandomPrompts.answer(engine.submit(RandomPrompts.request(prompt, 7, 9, true)))
                            .cached());
        }
        breakAll();
        try (ModelEngine engine = testEngines.small("disk", config, true)) {
            assertEquals(first, RandomPrompts.answer(engine.submit(RandomPrompts.request(prompt, 7, 9, true))));
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    // one byte of values each
    private void breakAll() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.walk(work)) {
            files = found.filter(file -> file.toString().endsWith(".safetensors"))
                    .toList();
        }
        assertTrue(files.size() > 1);
        for (Path file : files) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                ByteBuffer last = ByteBuffer.allocate(1);
                channel.read(last, channel.size() - 1);
                last.put(0, (byte) (last.get(0) ^ 1)).rewind();
                channel.write(last, channel.size() - 1);
            }
        }
    }

    @Test
    void budgetOfTheDiskIsKept() throws IOException {
        CounterRandom random = new CounterRandom(42, "budget");
        long budget = 100_000;
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("budget", TestEngines.config(0, budget, List.of(work)), true)) {
            for (int i = 0; i < 60; i++) {
                Prompt prompt = RandomPrompts.prompt(RandomPrompts.random(random, 100 * i, 30));
                RandomPrompts.answer(engine.submit(RandomPrompts.request(prompt, i, 2, true)));
            }
        }
        try (Stream<Path> found = Files.walk(work)) {
            long bytes = found.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
            assertTrue(bytes > budget / 4 && bytes <= budget, () -> "bytes on disk: " + bytes);
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }

    /** As far as a chunk that ends before its last position, which gives the first token. */
    @ParameterizedTest
    @ValueSource(ints = {9, 15, 16, 17, 23, 24, 25, 32})
    void aPromptOfAnyLengthFindsItself(int length) {
        TestEngines testEngines = new TestEngines();
        try (ModelEngine engine = testEngines.small("again", TestEngines.config(PLENTY, 0, List.of()), true)) {
            Prompt prompt = RandomPrompts.prompt(RandomPrompts.random(new CounterRandom(42, "again"), 0, length));
            RandomPrompts.Answer first = RandomPrompts.answer(engine.submit(RandomPrompts.request(prompt, 1, 1, true)));
            RandomPrompts.Answer again = RandomPrompts.answer(engine.submit(RandomPrompts.request(prompt, 1, 1, true)));
            assertEquals(0, first.cached());
            assertEquals((length - 1) / 8 * 8, again.cached());
            assertEquals(first.tokens(), again.tokens());
        }
        assertEquals(List.of(), testEngines.leakedBuffers());
    }
}
