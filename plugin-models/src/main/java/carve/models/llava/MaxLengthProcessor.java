package carve.models.llava;

import carve.api.data.Sample;
import carve.api.text.ChatOptions;
import carve.api.text.GenerationDefaults;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A processor that counts the prompt towards the limit of new tokens, as the authors' {@code decode} does: generation
 * stops when prompt and answer together have {@code max_new_tokens} positions, and {@code F - 1} more if there are
 * images of F positions. At least one token is generated.
 *
 * @param processor the processor for everything else; owned
 * @param features F
 */
record MaxLengthProcessor(Processor processor, int features) implements Processor {
    @Override
    public int maxNewTokens(Sample prompt, int asked) {
        int allowed = asked + (prompt.media().isEmpty() ? 0 : features - 1);
        return Math.max(1, allowed - prompt.tokens().length);
    }

    @Override
    public Sample prompt(List<Message> conversation) {
        return processor.prompt(conversation);
    }

    @Override
    public Sample prompt(List<Message> conversation, ChatOptions options) {
        return processor.prompt(conversation, options);
    }

    @Override
    public String promptText(List<Message> conversation, ChatOptions options) {
        return processor.promptText(conversation, options);
    }

    @Override
    public ChatFormat chatFormat() {
        return processor.chatFormat();
    }

    @Override
    public void requireChat() {
        processor.requireChat();
    }

    @Override
    public Optional<String> chatTemplate() {
        return processor.chatTemplate();
    }

    @Override
    public Processor withChatTemplate(String name, String source) {
        return new MaxLengthProcessor(processor.withChatTemplate(name, source), features);
    }

    @Override
    public Optional<String> digest() {
        return processor.digest();
    }

    @Override
    public OptionalInt beginningToken() {
        return processor.beginningToken();
    }

    @Override
    public OptionalInt endToken() {
        return processor.endToken();
    }

    @Override
    public GenerationDefaults generationDefaults() {
        return processor.generationDefaults();
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
        return processor.trainingSample(conversation);
    }

    @Override
    public int[] encode(String text) {
        return processor.encode(text);
    }

    @Override
    public int[] encode(String text, boolean addSpecialTokens, boolean parseSpecialTokens) {
        return processor.encode(text, addSpecialTokens, parseSpecialTokens);
    }

    @Override
    public String decode(int... tokens) {
        return processor.decode(tokens);
    }

    @Override
    public String decodeWithSpecialTokens(int... tokens) {
        return processor.decodeWithSpecialTokens(tokens);
    }

    @Override
    public byte[] tokenBytes(int token) {
        return processor.tokenBytes(token);
    }

    @Override
    public TextStream textStream() {
        return processor.textStream();
    }

    @Override
    public Set<Integer> stopTokens() {
        return processor.stopTokens();
    }

    @Override
    public Set<Integer> suppressedTokens() {
        return processor.suppressedTokens();
    }

    @Override
    public void close() {
        processor.close();
    }
}
