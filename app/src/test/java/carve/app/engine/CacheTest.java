package carve.app.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.param.CounterRandom;
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

/** What is kept of prompts changes no token, wherever it is kept. */
final class CacheTest {
    private static final int BESIDE = 8;
    private static final long PLENTY = 64 << 20;

    @TempDir
    private Path work;

    /** A conversation: what was said so far. */
    private record Talk(List<Integer> tokens) {
        Talk and(List<Integer> more) {
            List<Integer> all = new ArrayList<>(tokens);
            all.addAll(more);
            return new Talk(all);
        }
    }

    // forks go on from a conversation that others go on from, too; restores from what was said long ago
    private static List<List<Integer>> conversations(ModelEngine engine, int count, boolean cached) {
        CounterRandom random = new CounterRandom(42, "conversations");
        List<Talk> saved = new ArrayList<>(List.of(new Talk(List.of())));
        List<List<Integer>> answers = new ArrayList<>();
        int draw = 0;
        for (int turn = 0; turn < count; turn += BESIDE) {
            List<Talk> asked = new ArrayList<>();
            List<Job> jobs = new ArrayList<>();
            for (int i = 0; i < BESIDE; i++) {
                Talk from = saved.get(random.below(draw++, saved.size()));
                List<Integer> more = Talks.random(random, draw, 1 + random.below(draw + 40, 24));
                draw += 64;
                Talk talk = from.and(more);
                asked.add(talk);
                jobs.add(engine.submit(Talks.request(Talks.prompt(talk.tokens), turn + i, 6, cached)));
            }
            for (int i = 0; i < BESIDE; i++) {
                List<Integer> answer = Talks.answer(jobs.get(i)).tokens();
                answers.add(answer);
                Talk whole = asked.get(i).and(answer);
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
        try (ModelEngine engine = Engines.onProcessor(Engines.config(0, 0, List.of()), layers)) {
            without = conversations(engine, count, false);
        }
        // room for some of them only, so that snapshots are thrown away and made again
        try (ModelEngine engine = Engines.onProcessor(Engines.config((long) kibibytes << 10, 0, List.of()), layers)) {
            assertEquals(without, conversations(engine, count, true));
            assertTrue(
                    engine.figures().hits() > count / 8,
                    () -> "hits: " + engine.figures().hits());
            assertTrue(engine.figures().counters().get("cache_evictions") > 0);
        }
    }

    @Test
    void secondPromptGoesOnWhereTheFirstLeft() {
        CounterRandom random = new CounterRandom(42, "shared");
        List<Integer> shared = Talks.random(random, 0, 50);
        Engines engines = new Engines();
        try (ModelEngine engine = engines.small("shared", Engines.config(PLENTY, 0, List.of()), true)) {
            List<Integer> cached = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                List<Integer> prompt = new ArrayList<>(shared);
                prompt.addAll(Talks.random(random, 100 + 10 * i, 10));
                cached.add(Talks.answer(engine.submit(Talks.request(Talks.prompt(prompt), i, 3, true)))
                        .cached());
            }
            // the first makes one at its end, the second one where it leaves the first, at 6 times 8 positions
            assertEquals(List.of(0, 0, 48, 48), cached);
        }
        assertEquals(List.of(), engines.left());
    }

    @Test
    void nextTurnGoesOnAfterTheAnswer() throws InterruptedException {
        Engines engines = new Engines();
        try (ModelEngine engine = engines.small("turns", Engines.config(PLENTY, 0, List.of()), false)) {
            List<Integer> said = new ArrayList<>(Talks.random(new CounterRandom(42, "turns"), 0, 21));
            said.addAll(Talks.answer(engine.submit(Talks.request(Talks.prompt(said), 1, 20, true)))
                    .tokens());
            while (engine.figures().remembering() > 0 || engine.figures().active() > 0) {
                Thread.sleep(1);
            }
            said.addAll(List.of(3, 4, 5));
            int boundary = (said.size() - 3) / 8 * 8;
            Talks.Answer next = Talks.answer(engine.submit(Talks.request(Talks.prompt(said), 2, 3, true)));
            assertTrue(next.cached() >= boundary, () -> next.cached() + " of " + boundary);
        }
        assertEquals(List.of(), engines.left());
    }

    @Test
    void whatIsOnDiskIsFoundByTheNextProcess() throws IOException {
        Prompt prompt = Talks.prompt(Talks.random(new CounterRandom(42, "disk"), 0, 45));
        EngineConfig config = Engines.config(PLENTY, PLENTY, List.of(work));
        Engines engines = new Engines();
        Talks.Answer first;
        try (ModelEngine engine = engines.small("disk", config, true)) {
            first = Talks.answer(engine.submit(Talks.request(prompt, 7, 9, true)));
        }
        try (ModelEngine engine = engines.small("disk", config, true)) {
            Talks.Answer again = Talks.answer(engine.submit(Talks.request(prompt, 7, 9, true)));
            assertEquals(first.tokens(), again.tokens());
            assertEquals(List.of(0, 40), List.of(first.cached(), again.cached()));
        }
        // of another identity, nothing
        try (ModelEngine engine = engines.small("other", config, true)) {
            assertEquals(
                    0,
                    Talks.answer(engine.submit(Talks.request(prompt, 7, 9, true)))
                            .cached());
        }
        breakAll();
        try (ModelEngine engine = engines.small("disk", config, true)) {
            assertEquals(first, Talks.answer(engine.submit(Talks.request(prompt, 7, 9, true))));
        }
        assertEquals(List.of(), engines.left());
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
        Engines engines = new Engines();
        try (ModelEngine engine = engines.small("budget", Engines.config(0, budget, List.of(work)), true)) {
            for (int i = 0; i < 60; i++) {
                Prompt prompt = Talks.prompt(Talks.random(random, 100 * i, 30));
                Talks.answer(engine.submit(Talks.request(prompt, i, 2, true)));
            }
        }
        try (Stream<Path> found = Files.walk(work)) {
            long bytes = found.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
            assertTrue(bytes > budget / 4 && bytes <= budget, () -> "bytes on disk: " + bytes);
        }
        assertEquals(List.of(), engines.left());
    }
}
