package carve.models.text;

import java.util.List;

/**
 * The tokens of images: one placeholder in a prompt, which is replaced by a start token, a context token per image
 * embedding, and an end token.
 *
 * @param placeholder the placeholder of an image in a prompt
 * @param start the token before an image
 * @param context the token whose embeddings are replaced by those of the image
 * @param end the token after an image
 */
public record ImageTokens(String placeholder, String start, String context, String end) {
    /** The tokens of InternVL, HoVLE and mmMamba. */
    public static final ImageTokens INTERN_VL = new ImageTokens("<image>", "<img>", "<IMG_CONTEXT>", "</img>");

    /**
     * Returns the prompt with its placeholders replaced in order.
     *
     * @param counts the number of context tokens of each image
     * @throws TextException if there are more or fewer placeholders than images
     */
    public String expand(String prompt, List<Integer> counts) {
        if (count(prompt) != counts.size()) {
            throw new TextException(
                    "prompt: %d placeholders '%s' for %d images".formatted(count(prompt), placeholder, counts.size()));
        }
        var result = new StringBuilder();
        int from = 0;
        for (int count : counts) {
            int at = prompt.indexOf(placeholder, from);
            result.append(prompt, from, at).append(start).repeat(context, count).append(end);
            from = at + placeholder.length();
        }
        return result.append(prompt, from, prompt.length()).toString();
    }

    /**
     * Returns the ids of a prompt with its placeholders replaced in order.
     *
     * @param encoder the encoder that quoted parts of the prompt
     * @param counts the number of context tokens of each image
     * @param beginning whether the prompt begins a sequence
     * @throws TextException if there are more or fewer placeholders than images
     */
    public int[] encode(ConversationEncoder encoder, String prompt, List<Integer> counts, boolean beginning) {
        return encoder.encode(expand(prompt, counts), beginning);
    }

    /** Returns an encoder of conversations in which the tokens of images, too, are text where a person typed them. */
    public ConversationEncoder encoder(Tokenizer tokenizer) {
        return new ConversationEncoder(tokenizer, placeholder, List.of(start, context, end));
    }

    /** Returns the number of placeholders in a text. */
    public int count(String text) {
        int count = 0;
        for (int at = text.indexOf(placeholder); at >= 0; at = text.indexOf(placeholder, at + placeholder.length())) {
            count++;
        }
        return count;
    }
}
