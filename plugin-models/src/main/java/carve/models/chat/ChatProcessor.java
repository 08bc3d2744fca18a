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
import carve.models.text.ConversationEncoder;
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
 * The processor of models whose conversations are turns of question and answer, with or without images.
 *
 * <p>{@code <image>} in a text is the placeholder of an image. The text is split there, each piece is tokenised alone,
 * and the image token is inserted between them, once for each position that the image takes, so that training targets
 * align with their tokens. As in TinyLLaVA's code, a question's images come before its text, each on a line of its own,
 * wherever their placeholders were.
 *
 * @param template the chat template
 * @param encoder text to ids; its tokenizer is owned
 * @param vision the input of images, if the model takes images
 * @param stopTokens tokens that end an answer
 */
public record ChatProcessor(
        ConversationTemplate template,
        ConversationEncoder encoder,
        Optional<VisionInput> vision,
        Set<Integer> stopTokens)
        implements Processor {
    private static final String PLACEHOLDER = "<image>";

    /**
     * The image input of a model.
     *
     * @param media the name of the tensor of all images, {@code (N, 3, S, S)}
     * @param token the image token
     * @param positions the number of positions of an image
     * @param preprocessor the preprocessor of images
     */
    public record VisionInput(String media, int token, int positions, ImagePreprocessor preprocessor) {}

    /** Copies the tokens. */
    public ChatProcessor {
        stopTokens = Set.copyOf(stopTokens);
    }

    /**
     * Opens a processor for text alone. The template is that of the key {@code template} of the configuration, else the
     * usual one of the {@code model_type}.
     */
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
     * @param config the configuration, which may have {@code template} and {@code system_message}
     * @param usual the template if the configuration names none
     * @param text the part of the configuration that may have {@code eos_token_id}
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
        return new ChatProcessor(template, new ConversationEncoder(tokenizer, PLACEHOLDER, List.of()), vision, stops);
    }

    // some models have a list of them; the template names those that end an answer
    private static Optional<Integer> endOfText(JsonObject text) {
        try {
            return text.optionalInteger("eos_token_id");
        } catch (JsonException _) {
            return Optional.empty();
        }
    }

    /** Returns the names of tokenizer files and of the generation configuration. */
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

    /** Turns, and the pixel values of their images, in order. */
    private record ParsedConversation(List<ChatTurn> turns, ConversationTemplate template, List<PixelValues> pixels) {}

    @Override
    public Sample prompt(List<Message> conversation) {
        ParsedConversation parsed = parse(conversation);
        if (!parsed.turns.getLast().answer().isEmpty()) {
            throw new IllegalArgumentException(
                    "a prompt must end with a user message, this one ends with an assistant message");
        }
        requireImagePlaceholders(parsed);
        int[] ids = ids(parsed.template.prompt(parsed.turns));
        return new Sample(ids, new boolean[ids.length], media(parsed.pixels));
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
        ParsedConversation parsed = parse(conversation);
        requireImagePlaceholders(parsed);
        TokenizedConversation tokens = parsed.template.encode(parsed.turns, this::ids);
        return new Sample(tokens.ids(), tokens.answerMask(), media(parsed.pixels));
    }

    private ParsedConversation parse(List<Message> conversation) {
        ConversationTemplate used = template;
        List<ChatTurn> turns = new ArrayList<>();
        List<PixelValues> pixels = new ArrayList<>();
        for (Message message : conversation) {
            switch (message.role()) {
                case SYSTEM -> used = used.withSystemMessage(encoder.quote(message.text()));
                case USER -> {
                    turns.add(new ChatTurn(question(message), ""));
                    message.images().forEach(image -> pixels.add(pixels(image)));
                }
                case ASSISTANT -> {
                    if (turns.isEmpty() || !turns.getLast().answer().isEmpty()) {
                        throw new IllegalArgumentException("user and assistant messages must alternate");
                    }
                    turns.add(new ChatTurn(turns.removeLast().question(), answer(message)));
                }
            }
        }
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs at least one user message");
        }
        return new ParsedConversation(turns, used, pixels);
    }

    // a template, its system message or an answer may add placeholders, or drop some
    private static void requireImagePlaceholders(ParsedConversation parsed) {
        int places = placeholders(parsed.template.text(parsed.turns));
        if (places != parsed.pixels.size()) {
            throw new IllegalArgumentException(
                    "chat template '%s': %d placeholders '%s' for %d images; use one placeholder for each image"
                            .formatted(parsed.template.name(), places, PLACEHOLDER, parsed.pixels.size()));
        }
    }

    private static int placeholders(String text) {
        return text.split(Pattern.quote(PLACEHOLDER), -1).length - 1;
    }

    private String question(Message message) {
        int images = message.images().size();
        int places = placeholders(message.text());
        if (images > 0 && vision.isEmpty()) {
            throw new IllegalArgumentException(
                    "this model accepts text only, but was given %d images".formatted(images));
        }
        if (places > 0 && places != images) {
            throw new IllegalArgumentException(
                    "%d placeholders '%s' for %d images; use one placeholder for each image, or none"
                            .formatted(places, PLACEHOLDER, images));
        }
        return images == 0
                ? encoder.quote(message.text())
                : ((PLACEHOLDER + "\n").repeat(images)
                                + encoder.quote(
                                        message.text().replace(PLACEHOLDER, "").strip()))
                        .strip();
    }

    private String answer(Message message) {
        if (message.text().contains(PLACEHOLDER) || !message.images().isEmpty()) {
            throw new IllegalArgumentException(
                    "an assistant message is text only; it must not contain images or '%s'".formatted(PLACEHOLDER));
        }
        return encoder.quote(message.text());
    }

    private PixelValues pixels(EncodedImage image) {
        return vision.orElseThrow().preprocessor().apply(ImageDecoder.standard().read(image));
    }

    private int[] ids(String text) {
        String[] pieces = text.split(Pattern.quote(PLACEHOLDER), -1);
        int[] ids = encoder.encode(pieces[0], true);
        for (int i = 1; i < pieces.length; i++) {
            VisionInput images = vision.orElseThrow(() -> new IllegalArgumentException(
                    "'%s' is the placeholder of an image, but this model accepts text only".formatted(PLACEHOLDER)));
            int[] after = pieces[i].isEmpty() ? new int[0] : encoder.encode(pieces[i], false);
            int at = ids.length;
            ids = Arrays.copyOf(ids, at + images.positions() + after.length);
            Arrays.fill(ids, at, at + images.positions(), images.token());
            System.arraycopy(after, 0, ids, at + images.positions(), after.length);
        }
        return ids;
    }

    private Map<String, HostTensor> media(List<PixelValues> images) {
        return images.isEmpty() ? Map.of() : Map.of(vision.orElseThrow().media(), PixelValues.stack(images));
    }

    @Override
    public int[] encode(String text) {
        return encoder.tokenizer().encode(text);
    }

    @Override
    public String decode(int... tokens) {
        return encoder.tokenizer().decode(tokens);
    }

    @Override
    public String decodeWithSpecialTokens(int... tokens) {
        return encoder.tokenizer().decodeWithSpecialTokens(tokens);
    }

    @Override
    public byte[] tokenBytes(int token) {
        return encoder.tokenizer().bytes(token);
    }

    @Override
    public TextStream textStream() {
        return encoder.tokenizer().stream();
    }

    @Override
    public Set<Integer> suppressedTokens() {
        return Set.of();
    }

    @Override
    public void close() {
        encoder.tokenizer().close();
    }
}
