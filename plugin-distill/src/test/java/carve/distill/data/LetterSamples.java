package carve.distill.data;

import carve.api.data.Sample;
import carve.api.text.Message;
import carve.testkit.CharacterProcessor;
import java.util.List;
import java.util.Map;

/** A processor that makes a token of each letter of a conversation, and reads no images. */
final class LetterSamples extends CharacterProcessor {
    @Override
    public Sample trainingSample(List<Message> conversation) {
        StringBuilder text = new StringBuilder();
        conversation.forEach(message -> text.append(message.text()));
        int[] tokens = encode(text.toString());
        boolean[] answer = new boolean[tokens.length];
        answer[tokens.length - 1] = true;
        return new Sample(tokens, answer, Map.of());
    }
}
