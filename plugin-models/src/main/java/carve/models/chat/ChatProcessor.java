package carve.models.chat;

import carve.api.data.Sample;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.tensor.HostTensor;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.models.image.ImageDecoder;
import carve.models.image.ImagePreprocessor;
import carve.models.image.PixelValues;
import carve.models.text.ChatTurn;
import carve.models.text.ConversationTemplate;
import carve.models.text.TokenizedConversation;
import carve.models.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Talks to models whose conversations are turns of question and answer, with or without pictures.
 *
 * <p>{@code <image>} in a text is the place of a picture. The text is cut there, each piece is tokenised alone, and the
 * picture's token stands between them, once for each position that the picture takes: so targets of training stand where
 * their tokens do, and a sample is as long as it looks. As the authors of TinyLLaVA do, a question's pictures come before
 * its text, each on a line of its own, wherever they were named.
 *
 * @param template how turns are written
 * @param tokenizer text to ids; owned
 * @param vision what makes pixels of pictures, if the model takes pictures
 * @param stopTokens tokens that end an answer
 */
public record ChatProcessor(
        ConversationTemplate template, Tokenizer tokenizer, Optional<VisionInput> vision, Set<Integer> stopTokens)
        implements Processor {
    private static final String PLACEHOLDER = "<image>";

    /**
     * How a model takes pictures.
     *
     * @param media the name of the tensor of all pictures, {@code (N, 3, S, S)}
     * @param token the token of a picture
     * @param positions how many positions a picture takes
     * @param preprocessor what makes pixels of it
     */
    public record VisionInput(String media, int token, int positions, ImagePreprocessor preprocessor) {}

    /** Copies the tokens. */
    public ChatProcessor {
        stopTokens = Set.copyOf(stopTokens);
    }

    /** Opens a processor for text alone; {@code template} of the configuration is the template, or it is by the kind of model. */
    public static ChatProcessor text(JsonObject config, Path folder) {
        String usual = switch (config.optionalString("model_type").orElse("")) {
            case "phi" -> "instruct";
            case "qwen2", "internlm2" -> "chatml";
            default -> "plain";
        };
        return open(config, folder, usual, config, Optional.empty());
    }

    /**
     * Opens a processor.
     *
     * @param config the configuration, in which {@code template} and {@code system_message} may stand
     * @param usual the template if it names none
     * @param text the part of the configuration in which {@code eos_token_id} may stand
     */
    public static ChatProcessor open(
            JsonObject config, Path folder, String usual, JsonObject text, Optional<VisionInput> vision) {
        ConversationTemplate named =
                ConversationTemplate.of(config.optionalString("template").orElse(usual));
        ConversationTemplate template = config.optionalString("system_message")
                .map(named::withSystemMessage)
                .orElse(named);
        Tokenizer tokenizer = Tokenizer.open(folder);
        Set<Integer> stops =
                new TreeSet<>(Arrays.stream(template.stopIds(tokenizer)).boxed().toList());
        endOfText(text).ifPresent(stops::add);
        return new ChatProcessor(template, tokenizer, vision, stops);
    }

    // some models have a list of them, of which the template names those that matter
    private static Optional<Integer> endOfText(JsonObject text) {
        try {
            return text.optionalInteger("eos_token_id");
        } catch (JsonException _) {
            return Optional.empty();
        }
    }

    /** Returns the files that a tokenizer may consist of, and the configuration of generation. */
    public static List<String> companions() {
        return List.of(
                "generation_config.json",
                "tokenizer.json",
                "tokenizer.model",
                "tokenizer_config.json",
                "added_tokens.json",
                "special_tokens_map.json",
                "vocab.json",
                "merges.txt");
    }

    /** Turns, and the pixels of their pictures, in order. */
    private record ParsedConversation(List<ChatTurn> turns, ConversationTemplate template, List<PixelValues> pixels) {}

    @Override
    public Sample prompt(List<Message> conversation) {
        ParsedConversation parsedConversation = parse(conversation);
        if (!parsedConversation.turns.getLast().answer().isEmpty()) {
            throw new IllegalArgumentException(
                    "a prompt ends with what a person says, this one with the model's answer");
        }
        requireImagePlaceholders(parsedConversation);
        int[] ids = ids(parsedConversation.template.prompt(parsedConversation.turns));
        return new Sample(ids, new boolean[ids.length], media(parsedConversation.pixels));
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
        ParsedConversation parsedConversation = parse(conversation);
        requireImagePlaceholders(parsedConversation);
        TokenizedConversation tokens = parsedConversation.template.encode(parsedConversation.turns, this::ids);
        return new Sample(tokens.ids(), tokens.answerMask(), media(parsedConversation.pixels));
    }

    private ParsedConversation parse(List<Message> conversation) {
        ConversationTemplate used = template;
        List<ChatTurn> turns = new ArrayList<>();
        List<PixelValues> pixels = new ArrayList<>();
        for (Message message : conversation) {
            switch (message.role()) {
                case SYSTEM -> used = used.withSystemMessage(message.text());
                case USER -> {
                    turns.add(new ChatTurn(question(message), ""));
                    message.images().forEach(encodedImage -> pixels.add(pixels(encodedImage)));
                }
                case ASSISTANT -> {
                    if (turns.isEmpty() || !turns.getLast().answer().isEmpty()) {
                        throw new IllegalArgumentException("a conversation alternates between person and model");
                    }
                    turns.add(new ChatTurn(turns.removeLast().question(), answer(message)));
                }
            }
        }
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs something that a person says");
        }
        return new ParsedConversation(turns, used, pixels);
    }

    // what a template, its system message or an answer writes may have places too, or leave some out
    private static void requireImagePlaceholders(ParsedConversation parsedConversation) {
        int places = placeholders(parsedConversation.template.text(parsedConversation.turns));
        if (places != parsedConversation.pixels.size()) {
            throw new IllegalArgumentException(
                    "the chat template '%s' has %d places '%s' for %d pictures; write it as often as there are pictures"
                            .formatted(
                                    parsedConversation.template.name(),
                                    places,
                                    PLACEHOLDER,
                                    parsedConversation.pixels.size()));
        }
    }

    private static int placeholders(String text) {
        return text.split(Pattern.quote(PLACEHOLDER), -1).length - 1;
    }

    private String question(Message message) {
        int pictures = message.images().size();
        int places = placeholders(message.text());
        if (pictures > 0 && vision.isEmpty()) {
            throw new IllegalArgumentException(
                    "this model takes text alone, but was given %d pictures".formatted(pictures));
        }
        if (places > 0 && places != pictures) {
            throw new IllegalArgumentException(
                    "%d times '%s' for %d pictures".formatted(places, PLACEHOLDER, pictures));
        }
        return pictures == 0
                ? message.text()
                : ((PLACEHOLDER + "\n").repeat(pictures)
                                + message.text().replace(PLACEHOLDER, "").strip())
                        .strip();
    }

    private static String answer(Message message) {
        if (message.text().contains(PLACEHOLDER) || !message.images().isEmpty()) {
            throw new IllegalArgumentException(
                    "a model answers with text; '%s' is the place of a picture".formatted(PLACEHOLDER));
        }
        return message.text();
    }

    private PixelValues pixels(EncodedImage encodedImage) {
        return vision.orElseThrow()
                .preprocessor()
                .apply(ImageDecoder.standard().read(encodedImage.bytes(), encodedImage.name()));
    }

    private int[] ids(String text) {
        String[] pieces = text.split(Pattern.quote(PLACEHOLDER), -1);
        int[] ids = tokenizer.encode(pieces[0]);
        for (int i = 1; i < pieces.length; i++) {
            VisionInput pictures = vision.orElseThrow(() -> new IllegalArgumentException(
                    "'%s' is the place of a picture, and this model takes text alone".formatted(PLACEHOLDER)));
            int[] after = pieces[i].isEmpty() ? new int[0] : tokenizer.encodeContinuation(pieces[i]);
            int at = ids.length;
            ids = Arrays.copyOf(ids, at + pictures.positions() + after.length);
            Arrays.fill(ids, at, at + pictures.positions(), pictures.token());
            System.arraycopy(after, 0, ids, at + pictures.positions(), after.length);
        }
        return ids;
    }

    private Map<String, HostTensor> media(List<PixelValues> pictures) {
        return pictures.isEmpty() ? Map.of() : Map.of(vision.orElseThrow().media(), PixelValues.stack(pictures));
    }

    @Override
    public int[] encode(String text) {
        return tokenizer.encode(text);
    }

    @Override
    public String decode(int... tokens) {
        return tokenizer.decode(tokens);
    }

    @Override
    public String decodeWithSpecialTokens(int... tokens) {
        return tokenizer.decodeWithSpecialTokens(tokens);
    }

    @Override
    public TextStream textStream() {
        return tokenizer.stream();
    }

    @Override
    public Set<Integer> suppressedTokens() {
        return Set.of();
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
