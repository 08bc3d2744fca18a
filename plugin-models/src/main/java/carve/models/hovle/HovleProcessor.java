package carve.models.hovle;

import carve.api.model.HostTensor;
import carve.api.model.Message;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.models.image.ImageDecoder;
import carve.models.image.InternVlPreprocessor;
import carve.models.image.PixelValues;
import carve.models.text.ChatTemplate;
import carve.models.text.ChatTokens;
import carve.models.text.ChatTurn;
import carve.models.text.ImageTokens;
import carve.models.text.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The template, tokenizer and tiling of HoVLE and mmMamba. */
final class HovleProcessor implements Processor {
    private final HovleConfig config;
    private final Tokenizer tokenizer;
    private final ChatTemplate template;
    private final InternVlPreprocessor preprocessor;

    private HovleProcessor(HovleConfig config, Tokenizer tokenizer) {
        this.config = config;
        this.tokenizer = tokenizer;
        this.template = ChatTemplate.of(config.json());
        boolean tiled = config.json().optionalFlag("dynamic_image_size").orElse(true);
        int maxTiles =
                tiled ? config.json().optionalInteger("max_dynamic_patch").orElse(12) : 1;
        this.preprocessor = InternVlPreprocessor.of(config.imageSize(), maxTiles);
    }

    static HovleProcessor open(HovleConfig config, Path folder) {
        return new HovleProcessor(config, Tokenizer.open(folder));
    }

    /** Turns, and the pixels of their pictures, in order. */
    private record Read(List<ChatTurn> turns, ChatTemplate template, List<PixelValues> pixels) {
        List<Integer> counts(HovleConfig config) {
            return pixels.stream()
                    .map(picture -> picture.count() * config.tokensPerTile())
                    .toList();
        }
    }

    @Override
    public Sample prompt(List<Message> conversation) {
        Read read = read(conversation);
        ChatTurn last = read.turns.getLast();
        if (!last.answer().isEmpty()) {
            throw new IllegalArgumentException(
                    "a prompt ends with what a person says, this one with the model's answer");
        }
        String text = read.template.prompt(read.turns.subList(0, read.turns.size() - 1), last.question());
        int[] ids = tokenizer.encode(ImageTokens.INTERN_VL.expand(text, read.counts(config)));
        return new Sample(ids, new boolean[ids.length], media(read.pixels));
    }

    @Override
    public Sample example(List<Message> conversation) {
        Read read = read(conversation);
        ChatTokens tokens = read.template.encode(tokenizer, read.turns, ImageTokens.INTERN_VL, read.counts(config));
        return new Sample(tokens.ids(), tokens.answers(), media(read.pixels));
    }

    private Read read(List<Message> conversation) {
        ChatTemplate used = template;
        List<ChatTurn> turns = new ArrayList<>();
        List<PixelValues> pixels = new ArrayList<>();
        for (Message message : conversation) {
            switch (message.role()) {
                case SYSTEM -> used = used.withSystemMessage(message.text());
                case USER -> {
                    message.pictures().forEach(picture -> pixels.add(pixels(picture)));
                    turns.add(new ChatTurn(
                            ChatTemplate.withImages(
                                    message.text(), message.pictures().size()),
                            ""));
                }
                case ASSISTANT -> {
                    if (turns.isEmpty() || !turns.getLast().answer().isEmpty()) {
                        throw new IllegalArgumentException("a conversation alternates between person and model");
                    }
                    turns.add(new ChatTurn(turns.removeLast().question(), message.text()));
                }
            }
        }
        if (turns.isEmpty()) {
            throw new IllegalArgumentException("a conversation needs something that a person says");
        }
        return new Read(turns, used, pixels);
    }

    private PixelValues pixels(Picture picture) {
        return preprocessor.apply(ImageDecoder.standard().read(picture.bytes(), picture.name()));
    }

    private static Map<String, HostTensor> media(List<PixelValues> pictures) {
        return pictures.isEmpty() ? Map.of() : Map.of(HovleInput.PIXELS, PixelValues.stacked(pictures));
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
    public String spell(int... tokens) {
        return tokenizer.spell(tokens);
    }

    @Override
    public TextStream stream() {
        return tokenizer.stream();
    }

    @Override
    public Set<Integer> stops() {
        return Arrays.stream(template.stopIds(tokenizer)).boxed().collect(Collectors.toSet());
    }

    @Override
    public Set<Integer> excluded() {
        return IntStream.of(config.imageToken()).boxed().collect(Collectors.toSet());
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
