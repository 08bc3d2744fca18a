package carve.runtime.eval.recall;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RecallTasksTest {
    private static final TokenCounter WORDS = TokenCounter.WORDS;

    static Stream<RecallTask> tasks() {
        return RecallTasks.all(Haystack.NOISE).stream();
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void fillsTheLengthButDoesNotExceedIt(RecallTask task) {
        for (int length : new int[] {777, 1000, 5001}) {
            RecallExample example = task.example(WORDS, new RecallRequest(length, Depth.RANDOM, 42));
            int used = WORDS.count(example.input()) + example.maxNewTokens();
            assertTrue(used <= length, task.name() + " has " + used + " of " + length);
            assertTrue(used > length - 60 - length / 20, task.name() + " has " + used + " of " + length);
        }
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void theSeedDecides(RecallTask task) {
        RecallRequest request = new RecallRequest(1000, Depth.RANDOM, 42);
        RecallExample example = task.example(WORDS, request);
        assertEquals(example, task.example(WORDS, request));
        assertNotEquals(
                example.input(),
                task.example(WORDS, new RecallRequest(1000, Depth.RANDOM, 43)).input());
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void theAnswerScoresOneAndDistractorsNothing(RecallTask task) {
        RecallExample example = task.example(WORDS, new RecallRequest(1000, Depth.RANDOM, 42));
        assertEquals(1, example.score(example.answer()));
        assertEquals(0, example.score(""));
        example.distractors().forEach(wrong -> assertEquals(0, example.score(" " + wrong), wrong));
        example.answers().forEach(answer -> assertTrue(example.prompt().contains(answer), answer));
    }

    @ParameterizedTest
    @MethodSource("tasks")
    void depthMovesTheAnswer(RecallTask task) {
        if (!task.hasDepth()) {
            return;
        }
        assertTrue(place(task, 0) < 0.1, "at the beginning, is at " + place(task, 0));
        assertEquals(0.5, place(task, 0.5), 0.1);
        assertTrue(place(task, 1) > 0.85, "at the end, is at " + place(task, 1));
    }

    private static double place(RecallTask task, double depth) {
        RecallExample example = task.example(WORDS, new RecallRequest(2000, new Depth.At(depth), 42));
        return (double) example.prompt().indexOf(example.answers().getFirst())
                / example.prompt().length();
    }

    @Test
    void whatIsTooShortIsRefusedByName() {
        assertEquals(
                "variable-tracking: the shortest text has 369 tokens with its answer, more than a length of 100",
                assertThrows(
                                RecallException.class,
                                () -> RecallTasks.named(List.of("vt"), Haystack.NOISE)
                                        .getFirst()
                                        .example(WORDS, new RecallRequest(100, Depth.RANDOM, 42)))
                        .getMessage());
    }

    @Test
    void anUnknownTaskIsRefusedByName() {
        assertEquals(
                "no recall task 'niah'; there are niah-single-1, niah-single-2, niah-single-3, niah-multikey-1, niah-multikey-2,"
                        + " niah-multikey-3, niah-multivalue, niah-multiquery, variable-tracking, common-words, frequent-words,"
                        + " key-value, phone-book, mqar",
                assertThrows(RecallException.class, () -> RecallTasks.named(List.of("niah"), Haystack.NOISE))
                        .getMessage());
    }

    @Test
    void commonWordsStandMoreOften() {
        RecallExample example = example("common-words", 3000);
        String list = example.prompt().substring(example.prompt().lastIndexOf("Below is"));
        for (String word : example.answers()) {
            assertEquals(6, list.split("\\. " + word + " ", -1).length - 1, word);
        }
    }

    @Test
    void frequentWordsAreTheMostFrequentAfterTheDots() {
        RecallExample example = example("frequent-words", 3000);
        List<Long> counts = example.answers().stream()
                .map(word -> Stream.of(example.prompt().split(" "))
                        .filter(word::equals)
                        .count())
                .toList();
        assertTrue(counts.get(0) > counts.get(1) && counts.get(1) > counts.get(2), counts.toString());
    }

    @Test
    void phoneBookRepeatsTwoLinesBeforeItAsks() {
        List<String> lines = example("phone-book", 500).prompt().lines().toList();
        List<String> book = lines.subList(0, lines.size() - 3);
        assertTrue(book.containsAll(lines.subList(lines.size() - 3, lines.size() - 1)));
        assertEquals(book.size(), book.stream().distinct().count());
        assertTrue(book.stream().anyMatch(line -> line.startsWith(lines.getLast() + " ")));
    }

    private static RecallExample example(String name, int length) {
        return RecallTasks.named(List.of(name), Haystack.NOISE)
                .getFirst()
                .example(WORDS, new RecallRequest(length, Depth.RANDOM, 42));
    }

    @Test
    void keysOfOtherNeedlesAreAllDifferent() {
        String prompt = example("niah-multikey-2", 20_000).prompt();
        List<String> keys = prompt.lines()
                .filter(line -> line.startsWith("One of"))
                .map(line -> line.split(" ")[7])
                .toList();
        assertTrue(keys.size() > 1000);
        assertEquals(keys.size(), keys.stream().distinct().count());
    }

    @Test
    void anEssayIsCutBetweenSentences() {
        Haystack essay = new Haystack(
                "essay.txt",
                IntStream.range(0, 40)
                        .mapToObj(i -> "Sentence number " + i + " ends here.")
                        .toList());
        RecallTask task = RecallTasks.named(List.of("niah-multiquery"), essay).getFirst();
        RecallExample example = task.example(WORDS, new RecallRequest(500, Depth.RANDOM, 42));
        assertEquals("essay.txt", task.haystack());
        assertEquals(4, example.prompt().split("One of the special magic numbers for ", -1).length - 1);
        assertTrue(example.prompt().contains("Sentence number 0 ends here. "));
    }
}
