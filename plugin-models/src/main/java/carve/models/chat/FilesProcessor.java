package carve.models.chat;

import carve.api.data.Sample;
import carve.api.text.ChatOptions;
import carve.api.text.GenerationDefaults;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.models.text.ConversationEncoder;
import carve.models.text.TextFiles;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** A processor that follows from a model's tokenizer files and the format of its conversations; images are left to whoever implements it. */
public interface FilesProcessor extends Processor {
    /** Returns what the model's files say about texts; the tokenizer in it is closed with this. */
    TextFiles files();

    /** Returns what makes ids of texts, with the tokenizer of the files. */
    ConversationEncoder encoder();

    /** Returns how conversations become texts. */
    ConversationFormat format();

    @Override
    default ChatFormat chatFormat() {
        return format().kind();
    }

    @Override
    default Optional<String> chatTemplate() {
        return Formats.source(format());
    }

    @Override
    default Sample prompt(List<Message> conversation) {
        return prompt(conversation, ChatOptions.ANSWER);
    }

    @Override
    default String promptText(List<Message> conversation, ChatOptions options) {
        return Message.unescape(encoder().unquote(format().prompt(conversation, options)));
    }

    @Override
    default int[] encode(String text) {
        return files().tokenizer().encode(text);
    }

    @Override
    default int[] encode(String text, boolean addSpecialTokens, boolean parseSpecialTokens) {
        return encoder().encode(text, addSpecialTokens, parseSpecialTokens);
    }

    @Override
    default String decode(int... tokens) {
        return files().tokenizer().decode(tokens);
    }

    @Override
    default String decodeWithSpecialTokens(int... tokens) {
        return files().tokenizer().decodeWithSpecialTokens(tokens);
    }

    @Override
    default byte[] tokenBytes(int token) {
        return files().tokenizer().bytes(token);
    }

    @Override
    default TextStream textStream() {
        return files().tokenizer().stream();
    }

    @Override
    default Set<Integer> suppressedTokens() {
        return files().suppressedTokens();
    }

    @Override
    default OptionalInt beginningToken() {
        return files().beginningToken();
    }

    @Override
    default OptionalInt endToken() {
        return files().endToken();
    }

    @Override
    default GenerationDefaults generationDefaults() {
        return files().defaults().get();
    }

    @Override
    default void close() {
        files().tokenizer().close();
    }
}
