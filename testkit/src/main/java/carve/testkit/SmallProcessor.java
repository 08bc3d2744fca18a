package carve.testkit;

import carve.api.data.Sample;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A processor whose tokens are letters: 0 ends a turn, 1 to 26 are a to z, 27 is a space, 28 anything else. */
final class SmallProcessor implements Processor {
    private static final String LETTERS = "\nabcdefghijklmnopqrstuvwxyz ?";

    @Override
    public Sample prompt(List<Message> conversation) {
        int[] tokens = conversation.stream()
                .flatMapToInt(message -> Arrays.stream(encode(Message.unescape(message.text()))))
                .toArray();
        return new Sample(tokens, new boolean[tokens.length], Map.of());
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
        int[] tokens = conversation.stream()
                .flatMapToInt(message -> Arrays.stream(turn(message)))
                .toArray();
        boolean[] answer = new boolean[tokens.length];
        int at = 0;
        for (Message message : conversation) {
            int length = turn(message).length;
            Arrays.fill(answer, at, at + length, message.isFrom(Message.Role.ASSISTANT));
            at += length;
        }
        return new Sample(tokens, answer, Map.of());
    }

    private int[] turn(Message message) {
        int[] text = encode(Message.unescape(message.text()));
        return message.isFrom(Message.Role.ASSISTANT) ? Arrays.copyOf(text, text.length + 1) : text;
    }

    @Override
    public int[] encode(String text) {
        return text.chars().map(c -> Math.max(1, LETTERS.indexOf(c))).toArray();
    }

    @Override
    public String decode(int... tokens) {
        return IntStream.of(tokens).mapToObj(t -> LETTERS.substring(t, t + 1)).collect(Collectors.joining());
    }

    @Override
    public TextStream textStream() {
        return new TextStream() {
            @Override
            public String push(int token) {
                return decode(token);
            }

            @Override
            public String flush() {
                return "";
            }
        };
    }

    @Override
    public Set<Integer> stopTokens() {
        return Set.of(0);
    }

    @Override
    public Set<Integer> suppressedTokens() {
        return Set.of();
    }

    @Override
    public void close() {}
}
