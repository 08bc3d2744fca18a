package carve.runtime.eval.recall;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

final class AnswerMatchTest {
    @Test
    void allIsTheFractionOfAnswersContained() {
        assertEquals(1, AnswerMatch.ALL.score(" 12 and 34.", List.of("34", "12")));
        assertEquals(0.5, AnswerMatch.ALL.score(" 12", List.of("34", "12")));
        assertEquals(0, AnswerMatch.ALL.score("", List.of("34", "12")));
    }

    @Test
    void allIgnoresCase() {
        assertEquals(1, AnswerMatch.ALL.score("ABCDE", List.of("abcde")));
    }

    // as string_match_all of RULER after its clean-up: a control character does not join what stands around it
    @Test
    void allTakesControlCharactersForEndsOfLines() {
        assertEquals(0, AnswerMatch.ALL.score("12\u000134", List.of("1234")));
        assertEquals(1, AnswerMatch.ALL.score("12\t34", List.of("12\n34")));
    }

    @Test
    void firstIntegerIsTheFirstNumberAlone() {
        assertEquals(1, AnswerMatch.FIRST_INTEGER.score(" 42\n43", List.of("42")));
        assertEquals(0, AnswerMatch.FIRST_INTEGER.score(" 421", List.of("42")));
        assertEquals(0, AnswerMatch.FIRST_INTEGER.score("41, 42", List.of("42")));
        assertEquals(0, AnswerMatch.FIRST_INTEGER.score("none", List.of("42")));
    }

    @Test
    void firstLineMustBeEqual() {
        assertEquals(1, AnswerMatch.FIRST_LINE.score(" 0123456789\nAnn", List.of("0123456789")));
        assertEquals(0, AnswerMatch.FIRST_LINE.score(" 0123456789 Ann", List.of("0123456789")));
        assertEquals(0, AnswerMatch.FIRST_LINE.score("", List.of("0123456789")));
    }

    @Test
    void firstWordMustBeEqual() {
        assertEquals(1, AnswerMatch.FIRST_WORD.score(" lake red", List.of("lake")));
        assertEquals(0, AnswerMatch.FIRST_WORD.score(" lakes", List.of("lake")));
        assertEquals(0, AnswerMatch.FIRST_WORD.score("", List.of("lake")));
    }
}
