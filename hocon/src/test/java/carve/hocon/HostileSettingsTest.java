package carve.hocon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Settings that are deep or grow are refused with their line, and take neither stack nor memory. */
final class HostileSettingsTest {
    private static String told(String text) {
        return assertTimeoutPreemptively(
                        Duration.ofSeconds(20),
                        () -> assertThrows(SettingsException.class, () -> Hocon.parse(text, "plan.conf")))
                .getMessage();
    }

    @Test
    void deepTextsAreRefused() {
        assertEquals(
                "plan.conf: 2: sections and lists are nested more than 64 deep, the limit",
                told("a = 1\nb = " + "[".repeat(5000) + "]".repeat(5000)));
        for (String open :
                List.of("{a:", "a{", "[[", "{\"a\":[", "a=[{", "a.", "\"a\".", "]\n[", "${a.", "(", "{{{[", "a{#}\n")) {
            for (int count : new int[] {65, 5000, 100_000}) {
                String message = told(open.repeat(count));
                assertTrue(message.startsWith("plan.conf"), message);
            }
        }
    }

    @Test
    void bracketsInStringsAndCommentsAreNotNesting() {
        String many = "[".repeat(500);
        assertEquals(
                many + "\"",
                Hocon.parse("# %s\n// %s\na = \"%s\\\"\"\nb = \"\"\"%s\n\"\"\"".formatted(many, many, many, many), "x")
                        .string("a"));
    }

    @Test
    void doublingIsRefused() {
        String lists = doubling("[1, 2]", "k%d = ${k%d}${k%d}");
        assertTrue(
                told(lists).matches("plan.conf: \\d+: substitutions make key 'k\\d+' larger than 16777216 .*"),
                told(lists));
        for (String line : List.of(
                "k%d = [${k%d}, ${k%d}]",
                "k%d { a = ${k%d}, b = ${k%d} }",
                "o.k%d { a = ${o.k%d}, b = ${o.k%d} }",
                "k%d = \"x\"${k%d}${k%d}",
                "k%d = ${k%d} ${k%d}")) {
            String first = line.startsWith("o.") ? "o.k0 = [1]" : "k0 = 1";
            told(doubling(line.startsWith("k%d = ${k%d}$") ? "[1]" : "1", line).replace("k0 = 1", first));
        }
        told("a = [1]\n" + "a = ${a}${a}\n".repeat(40));
        told("a { b = [1] }\n" + "a { b = ${a.b}${a.b} }\n".repeat(40));
    }

    private static String doubling(String first, String line) {
        return "k0 = %s\n".formatted(first)
                + IntStream.rangeClosed(1, 40)
                        .mapToObj(i -> line.formatted(i, i - 1, i - 1))
                        .collect(Collectors.joining("\n"));
    }

    @Test
    void longStringsAreNoNesting() {
        String text = "ab\\n".repeat(50_000);
        assertEquals(
                150_000,
                Hocon.parse("a = \"" + text + "\"\nb = ${a}", "x").string("b").length());
    }

    @Test
    void longChainsAreRefused() {
        String chain = IntStream.rangeClosed(1, 5000)
                .mapToObj(i -> "k%d = ${k%d}".formatted(i, i + 1))
                .collect(Collectors.joining("\n", "", "\nk5001 = 1"));
        assertTrue(told(chain).contains("substitutions refer to each other in a chain of more than 200"), told(chain));
    }

    @Test
    void circlesAreRefused() {
        assertTrue(told("a = ${b}\nb = ${a}").startsWith("plan.conf: "));
    }

    @Test
    void whatPlansDoStaysPossible() {
        String appended = "layers = [keep]\n" + "layers += mamba2\n".repeat(30);
        assertEquals(31, Hocon.parse(appended, "x").strings("layers").size());
        String words = "block = [keep, mamba2]\nlayers = " + "${block} ".repeat(48);
        assertEquals(96, Hocon.parse(words, "x").strings("layers").size());
        String stages = "stage { rate = 1, data { path = a } }\n"
                + IntStream.range(0, 40)
                        .mapToObj(i -> "s%d = ${stage} { data.path = b%d }".formatted(i, i))
                        .collect(Collectors.joining("\n"));
        assertEquals(
                "b39", Hocon.parse(stages, "x").section("s39").section("data").string("path"));
    }
}
