package carve.models.text;

import carve.api.text.Message;
import java.util.List;
import java.util.stream.IntStream;

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
     * Returns the ids of a prompt with its placeholders replaced in order. Context tokens that the prompt has of its own, and
     * escaped placeholders, are encoded as text.
     *
     * @param counts the number of context tokens of each image
     * @throws TextException if there are more or fewer placeholders than images
     */
    public int[] encode(Tokenizer tokenizer, String prompt, List<Integer> counts) {
        if (!prompt.contains(context)) {
            return tokenizer.encode(Message.unescape(expand(prompt, counts)));
        }
        // the pieces end inside each typed context token, so that the tokenizer cannot find it
        List<String> pieces = LiteralText.split(prompt, context);
        IntStream.Builder ids = IntStream.builder();
        int image = 0;
        for (int i = 0; i < pieces.size(); i++) {
            int next = Math.min(counts.size(), image + count(pieces.get(i)));
            String text = Message.unescape(expand(pieces.get(i), counts.subList(image, next)));
            image = next;
            for (int id : i == 0 ? tokenizer.encode(text) : tokenizer.encodeContinuation(text)) {
                ids.add(id);
            }
        }
        if (image < counts.size()) {
            throw new TextException(
                    "prompt: %d placeholders '%s' for %d images".formatted(image, placeholder, counts.size()));
        }
        return ids.build().toArray();
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
