package carve.api.text;

import carve.api.data.Sample;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Translates between conversations and what a model takes and gives: template, tokenizer and picture preprocessing. */
public interface Processor extends AutoCloseable {
    /** The way in which conversations become prompts. */
    enum ChatFormat {
        /** A chat template, which sees messages with all their fields, tools, documents and other variables. */
        TEMPLATE,
        /** Code, which reads the texts and the images of the roles in {@link Message.Role}. */
        CODE,
        /** None: the model continues texts, and conversations are refused. */
        NONE
    }

    /** Returns how conversations become prompts. Unless overridden, it is code. */
    default ChatFormat chatFormat() {
        return ChatFormat.CODE;
    }

    /**
     * Checks that conversations can become prompts. Unless overridden, they can.
     *
     * @throws ChatTemplateException if there is no chat template; the message says what would help
     */
    default void requireChat() {}

    /** Returns the source of the chat template, if there is one. */
    default Optional<String> chatTemplate() {
        return Optional.empty();
    }

    /**
     * Returns a processor whose conversations are made by another chat template; closed with this one, which is not used any more.
     *
     * @param name what messages call the template, such as the name of its file
     * @param source the template, in Jinja as Transformers has it
     * @throws ChatTemplateException if it cannot be parsed, or the model's conversations cannot be made by a template
     */
    default Processor withChatTemplate(String name, String source) {
        throw new ChatTemplateException(
                "chat template '%s': this model's conversations are made by code, not by a chat template"
                        .formatted(name));
    }

    /**
     * Returns a conversation up to the point where the model is to answer.
     *
     * @throws IllegalArgumentException if a picture cannot be read; the message names it and says why
     * @throws ChatTemplateException if there is no chat template, or it refuses the conversation
     */
    Sample prompt(List<Message> conversation);

    /**
     * Returns the prompt of a conversation. Unless overridden, the options are {@link ChatOptions#ANSWER} or {@link
     * ChatOptions#WHOLE}.
     *
     * @throws IllegalArgumentException if a picture cannot be read, or an option is not supported; the message names it
     * @throws ChatTemplateException if there is no chat template, or it refuses the conversation
     */
    default Sample prompt(List<Message> conversation, ChatOptions options) {
        if (options.equals(ChatOptions.ANSWER)) {
            return prompt(conversation);
        }
        if (options.equals(ChatOptions.WHOLE)) {
            return trainingSample(conversation);
        }
        throw new IllegalArgumentException(
                "this model's conversations are made by code, not by a chat template: continue_final_message, tools, documents and"
                        + " other variables are not supported");
    }

    /**
     * Returns the text of a prompt, whose tokens are those of {@link #prompt(List, ChatOptions)}; an image is its place in the text.
     * Unless overridden, it is the text of these tokens.
     */
    default String promptText(List<Message> conversation, ChatOptions options) {
        return decodeWithSpecialTokens(prompt(conversation, options).tokens());
    }

    /** Returns a whole conversation, with what the model says (and its end) marked as answers; for training. */
    Sample trainingSample(List<Message> conversation);

    /** Returns token ids of plain text, without template, with the tokens that the tokenizer puts around texts. */
    int[] encode(String text);

    /**
     * Returns token ids of plain text.
     *
     * @param addSpecialTokens whether the tokens that the tokenizer puts around texts, such as {@code <s>}, are added
     * @param parseSpecialTokens whether special tokens in the text are tokens; else they are text
     * @throws IllegalArgumentException if that is not supported; unless overridden, special tokens in the text cannot be text, and
     *     those around it are taken for those of an empty text, all before it
     */
    default int[] encode(String text, boolean addSpecialTokens, boolean parseSpecialTokens) {
        if (!parseSpecialTokens) {
            throw new IllegalArgumentException(
                    "this model's tokenizer always takes special tokens in a text for tokens");
        }
        int[] tokens = encode(text);
        return addSpecialTokens ? tokens : Arrays.copyOfRange(tokens, encode("").length, tokens.length);
    }

    /**
     * Returns a digest of all that the token ids of texts and conversations depend on, the chat template included; empty if it is not
     * known, so that tokens are not kept from one run to another. Unless overridden, it is not.
     */
    default Optional<String> digest() {
        return Optional.empty();
    }

    /** Returns the token that the tokenizer names as the beginning of texts, if there is one. */
    default OptionalInt beginningToken() {
        return OptionalInt.empty();
    }

    /** Returns the token that the tokenizer names as the end of texts, if there is one. */
    default OptionalInt endToken() {
        return OptionalInt.empty();
    }

    /** Returns the sampling parameters that the model's authors recommend. */
    default GenerationDefaults generationDefaults() {
        return GenerationDefaults.NONE;
    }

    /** Returns the text of token ids. */
    String decode(int... tokens);

    /**
     * Returns the text of token ids with the special ones among them, such as {@code <s>}, written as the vocabulary has them.
     * Unless overridden, the text is that of {@link #decode}.
     */
    default String decodeWithSpecialTokens(int... tokens) {
        return decode(tokens);
    }

    /**
     * Returns the bytes that a token adds to a text before it, in UTF-8: part of a character for some tokens, none for special ones.
     * Unless overridden, they are those of {@link #decode}.
     */
    default byte[] tokenBytes(int token) {
        return decode(token).getBytes(StandardCharsets.UTF_8);
    }

    /** Returns a decoder for text that arrives token by token. */
    TextStream textStream();

    /** Returns the token ids that end an answer. */
    Set<Integer> stopTokens();

    /** Returns the token ids that are never to be chosen, such as places of pictures. */
    Set<Integer> suppressedTokens();

    /**
     * Returns how many tokens an answer to a prompt may have where so many are asked for: as many, unless a model's own settings
     * want something else.
     */
    default int maxNewTokens(Sample prompt, int asked) {
        return asked;
    }

    @Override
    void close();

    /** Turns tokens that arrive one by one into text, and holds back characters that are not complete. */
    interface TextStream {
        /** Returns the text that has become complete with this token; often nothing. */
        String push(int token);

        /** Returns what was held back. */
        String flush();
    }
}
