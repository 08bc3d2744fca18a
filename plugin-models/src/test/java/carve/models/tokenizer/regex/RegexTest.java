package carve.models.tokenizer.regex;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.models.text.TextException;
import carve.models.tokenizer.WorkBudget;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Expressions match as Oniguruma's do, in bounded time and stack. */
final class RegexTest {
    private static List<String> matches(String pattern, String text) {
        List<String> matches = new ArrayList<>();
        Regex.compile(pattern)
                .find(text, WorkBudget.of(text.length()), (start, end) -> matches.add(text.substring(start, end)));
        return matches;
    }

    @ParameterizedTest
    @CsvSource(delimiter = '~', quoteCharacter = '"', textBlock = """
            ^a                      ~ ba/ab/ca            ~ a
            a$                      ~ ba/ab/ca            ~ a|a
            .+                      ~ ba/c                ~ ba|c
            (?m:.+)                 ~ ba/c                ~ ba/c
            \\Aa|c\\z               ~ ac                  ~ a|c
            a+?                     ~ aaa                 ~ a|a|a
            a{2}                    ~ aaaaa               ~ aa|aa
            a{,2}b                  ~ aaab                ~ aab
            x{2                     ~ ax{2                ~ x{2
            (?:ab|a)(?:bc|c)        ~ abc                 ~ abc
            (?>ab|a)bc              ~ abbc                ~ abbc
            a++a                    ~ aaa                 ~ ""
            \\p{N}{1,3}+            ~ 12345               ~ 12345
            (?i:'s|'LL)             ~ it'S we'll 'x       ~ 'S|'ll
            (?i:s)                  ~ ſS                  ~ ſ|S
            [^a-c&&[^d]]+           ~ abdef               ~ def
            [[:alpha:]_]+           ~ a_é 1               ~ a_é
            [\\]\\-x]+              ~ a]-x                ~ ]-x
            \\p{Han}+|\\p{^L}       ~ a中文!              ~ 中文|!
            \\P{Lu}                 ~ aA                  ~ a
            (?<=a)b|(?<!a)c         ~ ab ac c             ~ b|c
            \\w+(?=!)               ~ ab! cd              ~ ab
            \\bab\\b                ~ ab abc              ~ ab
            (?:a|b)*c               ~ ababc               ~ ababc
            \\x{4e2d}\\u6587        ~ 中文                 ~ 中文
            \\h+                    ~ xfaceg              ~ face
            """)
    void matchesAreThoseOfOniguruma(String pattern, String text, String expected) {
        assertEquals(
                expected,
                String.join("|", matches(pattern, text.replace('/', '\n'))).replace('\n', '/'));
    }

    @Test
    void emptyMatchesStandOnceAtAPlace() {
        assertEquals(List.of("", "xx", "", ""), matches("x*", "axxbc"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"(a", "a)", "[a", "*a", "(a)\\1", "\\K", "\\p{Nothing}", "(?x)a", "\\", "(?<=a+)b", "a{3,2}"})
    void whatIsWrongOrNotSupportedIsRefused(String pattern) {
        String message =
                assertThrows(TextException.class, () -> Regex.compile(pattern)).getMessage();
        assertTrue(message.startsWith("tokenizer: expression '" + pattern + "': "), message);
    }

    @Test
    void nestingAndSizeAreBounded() {
        assertThrows(TextException.class, () -> Regex.compile("(".repeat(10_000) + ")".repeat(10_000)));
        assertThrows(TextException.class, () -> Regex.compile("[".repeat(10_000)));
        assertThrows(TextException.class, () -> Regex.compile("(?:(?:(?:ab){999}){999}){999}"));
        assertThrows(TextException.class, () -> Regex.compile("a".repeat(100_000)));
    }

    /** Matching, or giving up, takes a bounded time and stack for every expression. */
    @ParameterizedTest
    @ValueSource(
            strings = {"(a*)*b", "(a|a)*b", "(?:a|aa)+$x", "a*a*a*a*b", "(?=(a+))a*b", "(?:a?){60}a{60}b", "(a+)+$x"})
    void noExpressionTakesForever(String pattern) {
        String text = "a".repeat(100_000);
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            TextException e = assertThrows(TextException.class, () -> matches(pattern, text));
            assertTrue(
                    e.getMessage().contains("100000 characters")
                            || e.getMessage().contains("memory"),
                    e.getMessage());
        });
    }

    @Test
    void longRunsAreLinear() {
        String text = " ".repeat(2_000_000) + "a";
        assertTimeoutPreemptively(Duration.ofSeconds(20), () -> {
            assertEquals(List.of(), matches("\\s+$", text));
            assertEquals(2, matches("\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", text).size());
            assertEquals(List.of(" ".repeat(2_000_000) + "a"), matches("(?:\\s|a)+", text));
        });
    }
}
