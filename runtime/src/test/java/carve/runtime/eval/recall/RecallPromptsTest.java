package carve.runtime.eval.recall;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Compares prompts with those of RULER and of the other tasks' authors, to the character. */
final class RecallPromptsTest {
    private static final String NOISE = Haystack.NOISE_LINE;

    @Test
    void singleNeedleIsAskedForInTheSingular() {
        RecallExample example = sized("niah-single-1", 4, new Depth.At(0.5));
        String value = example.answers().getFirst();
        String key = key(example);
        assertEquals(
                "A special magic number is hidden within the following text. Make sure to memorize it. I will quiz you about the number"
                        + " afterwards.\n" + NOISE + "\n" + NOISE
                        + "\nOne of the special magic numbers for " + key + " is: " + value + ".\n"
                        + NOISE + "\n" + NOISE + "\nWhat is the special magic number for " + key
                        + " mentioned in the provided text?",
                example.prompt());
        assertEquals(
                " The special magic number for " + key + " mentioned in the provided text is", example.answerPrefix());
        assertEquals(128, example.maxNewTokens());
    }

    @Test
    void severalNeedlesAreAskedForInThePlural() {
        RecallExample example = sized("niah-multiquery", 4, Depth.RANDOM);
        String prefix = example.answerPrefix();
        String query = prefix.substring(
                " The special magic numbers for ".length(), prefix.indexOf(" mentioned in the provided text are"));
        assertEquals(4, query.split(", ").length);
        assertEquals(query.lastIndexOf(", and "), query.lastIndexOf(", "));
        assertEquals(
                "Some special magic numbers are hidden within the following text. Make sure to memorize it. I will quiz you about the"
                        + " numbers afterwards.",
                example.prompt().lines().findFirst().orElseThrow());
        assertEquals(
                "What are all the special magic numbers for " + query + " mentioned in the provided text?",
                example.prompt().lines().toList().getLast());
        assertEquals(4, example.answers().size());
    }

    @Test
    void fourValuesBelongToOneKey() {
        RecallExample example = sized("niah-multivalue", 4, Depth.RANDOM);
        String key = key(example);
        for (String value : example.answers()) {
            assertEquals(
                    1,
                    example.prompt()
                            .lines()
                            .filter(("One of the special magic numbers for " + key + " is: " + value + ".")::equals)
                            .count());
        }
    }

    @Test
    void uuidsAreOfVersionFour() {
        RecallExample example = sized("niah-multikey-3", 4, Depth.RANDOM);
        String uuid = "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}";
        assertEquals(
                5,
                example.prompt()
                        .lines()
                        .filter(line ->
                                line.matches("One of the special magic uuids for " + uuid + " is: " + uuid + "\\."))
                        .count());
    }

    private static String key(RecallExample example) {
        String prefix = example.answerPrefix();
        return prefix.substring(prefix.indexOf(" for ") + 5, prefix.indexOf(" mentioned"));
    }

    @Test
    void variablesAreChainedThroughTheNoise() {
        RecallExample example = sized("variable-tracking", 5, Depth.RANDOM);
        List<String> names = example.answers();
        String asked = example.prompt().substring(example.prompt().indexOf("\n\n\n\n") + 4);
        String value = asked.substring(asked.indexOf("value ") + 6).split(" ")[0];
        StringBuilder chain = new StringBuilder(" VAR " + names.getFirst() + " = " + value + " " + NOISE + "\n");
        for (int i = 1; i < names.size(); i++) {
            chain.append(" VAR " + names.get(i) + " = VAR " + names.get(i - 1) + "  " + NOISE + "\n");
        }
        assertEquals(
                "Memorize and track the chain(s) of variable assignment hidden in the following text.\n\n"
                        + chain.substring(1)
                        + "\nQuestion: Find all variables that are assigned the value " + value + " in the text above.",
                asked);
        assertEquals(
                " Answer: According to the chain(s) of variable assignment in the text above, 5 variables are assgined the value "
                        + value + ", they are: ",
                example.answerPrefix());
    }

    @Test
    void theOtherQuestionsAreTheirAuthors() {
        assertEquals(
                "Question: What are the 10 most common words in the above list?",
                last(sized("common-words", 11, Depth.RANDOM)));
        assertEquals(
                "Question: Do not provide any explanation. Please ignore the dots '....'. What are the three most frequently appeared"
                        + " words in the above coded text?",
                last(sized("frequent-words", 64, Depth.RANDOM)));
        RecallExample dictionary = sized("key-value", 5, new Depth.At(1));
        List<String> lines = dictionary.prompt().lines().toList();
        String[] entry = lines.get(5).split(":");
        assertEquals("Memorize the following dictionary:", lines.getFirst());
        assertEquals("The value of the key '" + entry[0] + "' is", lines.getLast());
        assertEquals(List.of(entry[1]), dictionary.answers());
    }

    private static String last(RecallExample example) {
        return example.prompt().lines().toList().getLast();
    }

    private static RecallExample sized(String name, int size, Depth depth) {
        return RecallTasks.named(List.of(name), Haystack.NOISE)
                .getFirst()
                .sized(new RecallRequest(1000, depth, 42), size);
    }
}
