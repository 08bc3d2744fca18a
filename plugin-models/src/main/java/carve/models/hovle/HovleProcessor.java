package carve.models.hovle;

import carve.api.data.Sample;
import carve.api.tensor.HostTensor;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.models.image.ImageDecoder;
import carve.models.image.InternVlPreprocessor;
import carve.models.image.PixelValues;
import carve.models.text.ChatTurn;
import carve.models.text.ConversationEncoder;
import carve.models.text.ImageTokens;
import carve.models.text.InternVlChatTemplate;
import carve.models.text.TokenizedConversation;
import carve.models.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The processor of HoVLE and mmMamba: chat template, tokenizer and image tiling. */
final class HovleProcessor implements Processor {
    private final HovleConfig config;
    private final Tokenizer tokenizer;
    private final ConversationEncoder encoder;
    private final InternVlChatTemplate template;
    private final InternVlPreprocessor preprocessor;

    private HovleProcessor(HovleConfig config, Tokenizer tokenizer) {
        this.config = config;
        this.tokenizer = tokenizer;
        this.encoder = ImageTokens.INTERN_VL.encoder(tokenizer);
        this.template = InternVlChatTemplate.of(config.json());
        boolean tiled = config.json().optionalFlag("dynamic_image_size").orElse(true);
        int maxTiles =
                tiled ? config.json().optionalInteger("max_dynamic_patch").orElse(12) : 1;
        this.preprocessor = InternVlPreprocessor.of(config.imageSize(), maxTiles);
    }

    static HovleProcessor open(HovleConfig config, Path folder) {
        return new HovleProcessor(config, Tokenizer.open(folder));
    }

    /** Turns, and the pixel values of their images, in order. */
    private record ParsedConversation(List<ChatTurn> turns, InternVlChatTemplate template, List<PixelValues> pixels) {
        List<Integer> counts(HovleConfig config) {
            return pixels.stream()
                    .map(image -> image.count() * config.tokensPerTile())
                    .toList();
        }
    }

    @Override
    public Sample prompt(List<Message> conversation) {
        ParsedConversation parsed = parse(conversation);
        ChatTurn last = parsed.turns.getLast();
        if (!last.answer().isEmpty()) {
            throw new IllegalArgumentException(
                    "a prompt must end with a user message, this one ends with an assistant message");
        }
        String text = parsed.template.prompt(parsed.turns.subList(0, parsed.turns.size() - 1), last.question());
        int[] ids = ImageTokens.INTERN_VL.encode(encoder, text, parsed.counts(config));
        return new Sample(ids, new boolean[ids.length], media(parsed.pixels));
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
        ParsedConversation parsed = parse(conversation);
        TokenizedConversation tokens =
                parsed.template.encode(encoder, parsed.turns, ImageTokens.INTERN_VL, parsed.counts(config));
        return new Sample(tokens.ids(), tokens.answerMask(), media(parsed.pixels));
    }

    private ParsedConversation parse(List<Message> conversation) {
        InternVlChatTemplate used = template;
        List<ChatTurn> turns = new ArrayList<>();
        List<PixelValues> pixels = new ArrayList<>();
        for (Message message : conversation) {
            switch (message.role()) {
                case SYSTEM -> used = used.withSystemMessage(encoder.quote(message.text()));
                case USER -> {
                    message.images().forEach(image -> pixels.add(pixels(image)));
                    turns.add(new ChatTurn(
                            InternVlChatTemplate.withImages(
                                    encoder.quote(message.text()),
                                    message.images().size()),
                            ""));
                }
                case ASSISTANT -> {
                    if (turns.isEmpty() || !turns.getLast().answer().isEmpty()) {
                        throw new IllegalArgumentException("user and assistant messages must alternate");
                    }
                    turns.add(new ChatTurn(turns.removeLast().question(), encoder.quote(message.text())));
                }
            }
        }
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs at least one user message");
        }
        return new ParsedConversation(turns, used, pixels);
    }

    private PixelValues pixels(EncodedImage image) {
        return preprocessor.apply(ImageDecoder.standard().read(image));
    }

    private static Map<String, HostTensor> media(List<PixelValues> images) {
        return images.isEmpty() ? Map.of() : Map.of(HovleInputEncoder.PIXELS, PixelValues.stack(images));
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
    public byte[] tokenBytes(int token) {
        return tokenizer.bytes(token);
    }

    @Override
    public TextStream textStream() {
        return tokenizer.stream();
    }

    @Override
    public Set<Integer> stopTokens() {
        return Arrays.stream(template.stopIds(tokenizer)).boxed().collect(Collectors.toSet());
    }

    @Override
    public Set<Integer> suppressedTokens() {
        return IntStream.of(config.imageToken()).boxed().collect(Collectors.toSet());
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
