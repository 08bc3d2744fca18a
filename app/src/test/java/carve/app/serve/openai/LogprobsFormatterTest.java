package carve.app.serve.openai;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.runtime.engine.TokenLogprob;
import carve.testkit.CharacterProcessor;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tokens that are parts of characters keep their bytes, are told apart, and have the offsets of their characters. */
final class LogprobsFormatterTest {
    /** A processor whose tokens are bytes. */
    private static final class ByteProcessor extends CharacterProcessor {
        @Override
        public String decode(int... tokens) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            for (int token : tokens) {
                bytes.write(token);
            }
            return bytes.toString(StandardCharsets.UTF_8);
        }

        @Override
        public byte[] tokenBytes(int token) {
            return new byte[] {(byte) token};
        }
    }

    private static final LogprobsFormatter FORMATTER = new LogprobsFormatter(new ByteProcessor());

    private static TokenLogprob scored(int token, int... best) {
        return new TokenLogprob(
                token,
                -1,
                Arrays.stream(best)
                        .mapToObj(one -> new TokenLogprob.TopLogprob(one, -one / 1000.0))
                        .toList());
    }

    @Test
    void partsOfCharactersHaveBytesAndNamesOfTheirOwn() {
        JsonObject entry = FORMATTER.chatEntry(scored(0xC3, 0xC3, 0xE2, 'a'));
        assertEquals("\\xc3", entry.string("token"));
        assertEquals("[195]", Json.compact(entry.array("bytes")));
        var logprobs = new LogprobsFormatter.CompletionLogprobs();
        logprobs.add(FORMATTER, scored(0xC3, 0xC3, 0xE2, 'a'));
        JsonObject best =
                (JsonObject) logprobs.json().array("top_logprobs").items().getFirst();
        assertEquals(List.of("bytes:\\xc3", "bytes:\\xe2", "a"), List.copyOf(best.keys()));
    }

    @Test
    void offsetsCountCharactersOfTheText() {
        String text = "aü€🙂b\uFFFD";
        var logprobs = new LogprobsFormatter.CompletionLogprobs();
        for (byte value : text.getBytes(StandardCharsets.UTF_8)) {
            logprobs.add(FORMATTER, scored(value & 0xFF));
        }
        assertEquals(
                "[0,1,1,2,2,2,3,3,3,3,4,5,5,5]",
                Json.compact(logprobs.json().array("text_offset")).replace(" ", ""));
        // cut short: one replacement character, and the text goes on after it
        var cut = new LogprobsFormatter.CompletionLogprobs();
        for (int value : new int[] {0xE2, 0x82, 'a', 0x80, 'b'}) {
            cut.add(FORMATTER, scored(value));
        }
        assertEquals(
                "[0,0,1,2,3]", Json.compact(cut.json().array("text_offset")).replace(" ", ""));
    }
}
