package carve.api.text;

import carve.api.data.Sample;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/** Translates between conversations and what a model takes and gives: template, tokenizer and picture preprocessing. */
public interface Processor extends AutoCloseable {
    /**
     * Returns a conversation up to the point where the model is to answer.
     *
     * @throws IllegalArgumentException if a picture cannot be read; the message names it and says why
     */
    Sample prompt(List<Message> conversation);

    /** Returns a whole conversation, with what the model says (and its end) marked as answers; for training. */
    Sample trainingSample(List<Message> conversation);

    /** Returns token ids of plain text, without template. */
    int[] encode(String text);

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
