package carve.models.chat;

import carve.api.data.Sample;
import carve.api.json.JsonObject;
import carve.api.tensor.HostTensor;
import carve.api.text.ChatOptions;
import carve.api.text.ChatTemplateException;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.models.image.ImageDecoder;
import carve.models.image.ImagePreprocessor;
import carve.models.image.PixelValues;
import carve.models.text.AnsweredText;
import carve.models.text.ConversationEncoder;
import carve.models.text.ConversationTemplate;
import carve.models.text.TextFiles;
import carve.models.text.TokenizedConversation;
import carve.models.text.TokenizerDigest;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * The processor of models whose conversations are made by a chat template, or by code as TinyLLaVA's; with or without images.
 *
 * <p>{@code <image>} in a text is the placeholder of an image. The text is split there, each piece is tokenised alone,
 * and the image token is inserted between them, once for each position that the image takes, so that training targets
 * align with their tokens.
 *
 * @param format how conversations become texts
 * @param encoder text to ids; its tokenizer is owned
 * @param vision the input of images, if the model takes images
 * @param files what the model's files say about texts
 * @param stopTokens tokens that end an answer
 */
public record ChatProcessor(
        ConversationFormat format,
        ConversationEncoder encoder,
        Optional<VisionInput> vision,
        TextFiles files,
        Set<Integer> stopTokens)
        implements FilesProcessor {
    static final String PLACEHOLDER = "<image>";

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
     * Opens a processor for text alone. Conversations are made by the model's chat template; where it has none, by the template that
     * the key {@code template} of the configuration names; else they are refused.
     */
    public static ChatProcessor text(JsonObject config, Path folder) {
        TextFiles files = TextFiles.open(config, folder);
        ConversationEncoder encoder = encoder(files);
        ConversationFormat format = Formats.of(folder, files, encoder)
                .or(() -> config.optionalString("template").map(name -> turns(config, name, encoder, false)))
                .orElseGet(() -> NoFormat.of(folder));
        return of(format, encoder, Optional.empty(), files);
    }

    /**
     * Opens a processor of a model whose conversations are made by code. A chat template in a file of its own is executed all the
     * same; one in {@code tokenizer_config.json} is that of the language model from which this one was made.
     *
     * @param config the configuration, which may have {@code template} and {@code system_message}
     * @param usual the template if the configuration names none
     * @param text the part of the configuration that may have {@code eos_token_id}
     */
    public static ChatProcessor open(
            JsonObject config, Path folder, String usual, JsonObject text, Optional<VisionInput> vision) {
        TextFiles files = TextFiles.open(text, folder);
        ConversationEncoder encoder = encoder(files);
        ConversationFormat format = Formats.ofFiles(folder, files, encoder, vision.isPresent())
                .orElseGet(() ->
                        turns(config, config.optionalString("template").orElse(usual), encoder, vision.isPresent()));
        return of(format, encoder, vision, files);
    }

    private static ConversationEncoder encoder(TextFiles files) {
        return new ConversationEncoder(files.tokenizer(), PLACEHOLDER, List.of());
    }

    private static TurnFormat turns(JsonObject config, String name, ConversationEncoder encoder, boolean images) {
        ConversationTemplate named = ConversationTemplate.of(name);
        ConversationTemplate template = config.optionalString("system_message")
                .map(named::withSystemMessage)
                .orElse(named);
        return new TurnFormat(template, encoder, images);
    }

    private static ChatProcessor of(
            ConversationFormat format, ConversationEncoder encoder, Optional<VisionInput> vision, TextFiles files) {
        Set<Integer> stops = new TreeSet<>(files.endTokens());
        if (format instanceof TurnFormat turns) {
            Arrays.stream(turns.template().stopIds(files.tokenizer())).forEach(stops::add);
        }
        return new ChatProcessor(format, encoder, vision, files, stops);
    }

    /** Returns the names of tokenizer files, chat templates and the generation configuration. */
    public static List<String> companions() {
        return List.of(
                "generation_config.json",
                "tokenizer.json",
                "tokenizer.model",
                "tokenizer_config.json",
                "added_tokens.json",
                "special_tokens_map.json",
                "vocab.json",
                "merges.txt",
                ChatTemplates.FILE,
                ChatTemplates.JSON_FILE);
    }

    @Override
    public void requireChat() {
        if (format instanceof NoFormat none) {
            throw new ChatTemplateException(none.reason());
        }
    }

    @Override
    public Processor withChatTemplate(String name, String source) {
        return of(Formats.given(name, source, files, encoder, vision.isPresent()), encoder, vision, files);
    }

    @Override
    public Sample prompt(List<Message> conversation, ChatOptions options) {
        String text = format.prompt(conversation, options);
        List<PixelValues> pixels = pixels(conversation);
        requireImagePlaceholders(conversation, text, pixels);
        int[] ids = ids(text);
        return new Sample(ids, new boolean[ids.length], media(pixels));
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
        AnsweredText answered = format.answered(conversation);
        List<PixelValues> pixels = pixels(conversation);
        requireImagePlaceholders(conversation, answered.text(), pixels);
        TokenizedConversation tokens = answered.encode(this::ids);
        return new Sample(tokens.ids(), tokens.answerMask(), media(pixels));
    }

    private List<PixelValues> pixels(List<Message> conversation) {
        long images = conversation.stream()
                .mapToLong(message -> message.images().size())
                .sum();
        if (vision.isEmpty() && images > 0) {
            throw new IllegalArgumentException(
                    "this model accepts text only, but was given %d images".formatted(images));
        }
        return conversation.stream()
                .flatMap(message -> message.images().stream())
                .map(image -> vision.orElseThrow()
                        .preprocessor()
                        .apply(ImageDecoder.standard().read(image)))
                .toList();
    }

    // a template, its system message or an answer may add placeholders, or drop some
    private void requireImagePlaceholders(List<Message> conversation, String text, List<PixelValues> pixels) {
        long parts = TemplateFormat.imageParts(conversation);
        if (format.kind() == ChatFormat.TEMPLATE && parts != pixels.size()) {
            throw new IllegalArgumentException(
                    "the messages have %d parts of the type 'image' and %d images; give an image for each part"
                            .formatted(parts, pixels.size()));
        }
        int places = placeholders(text);
        if (places != pixels.size()) {
            throw new IllegalArgumentException(
                    "chat template '%s': %d placeholders '%s' for %d images; use one placeholder for each image"
                            .formatted(format.name(), places, PLACEHOLDER, pixels.size()));
        }
    }

    static int placeholders(String text) {
        return text.split(Pattern.quote(PLACEHOLDER), -1).length - 1;
    }

    private int[] ids(String text) {
        String[] pieces = text.split(Pattern.quote(PLACEHOLDER), -1);
        int[] ids = encoder.encode(pieces[0], format.beginsSequence());
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
    public Optional<String> digest() {
        return Optional.of(TokenizerDigest.of(List.of(
                files.digest().get(),
                format.kind().name(),
                format.name(),
                chatTemplate().orElse(""),
                vision.map(input -> "%d %d".formatted(input.token(), input.positions()))
                        .orElse(""))));
    }
}
