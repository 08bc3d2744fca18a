package carve.models.hovle;

import carve.api.data.Sample;
import carve.api.tensor.HostTensor;
import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.models.chat.ConversationFormat;
import carve.models.chat.FilesProcessor;
import carve.models.chat.Formats;
import carve.models.image.ImageDecoder;
import carve.models.image.InternVlPreprocessor;
import carve.models.image.PixelValues;
import carve.models.text.AnsweredText;
import carve.models.text.ConversationEncoder;
import carve.models.text.ImageTokens;
import carve.models.text.InternVlChatTemplate;
import carve.models.text.TextFiles;
import carve.models.text.TokenizedConversation;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The processor of HoVLE and mmMamba: conversations, tokenizer and image tiling. Conversations are made by InternVL's code, as the
 * authors' own {@code chat} does, unless a chat template is given or has a file of its own.
 */
final class HovleProcessor implements FilesProcessor {
    private final HovleConfig config;
    private final TextFiles files;
    private final ConversationEncoder encoder;
    private final ConversationFormat format;
    private final InternVlPreprocessor preprocessor;

    private HovleProcessor(
            HovleConfig config, TextFiles files, ConversationEncoder encoder, ConversationFormat format) {
        this.config = config;
        this.files = files;
        this.encoder = encoder;
        this.format = format;
        boolean tiled = config.json().optionalFlag("dynamic_image_size").orElse(true);
        int maxTiles =
                tiled ? config.json().optionalInteger("max_dynamic_patch").orElse(12) : 1;
        this.preprocessor = InternVlPreprocessor.of(config.imageSize(), maxTiles);
    }

    static HovleProcessor open(HovleConfig config, Path folder) {
        TextFiles files = TextFiles.open(config.json(), folder);
        ConversationEncoder encoder = ImageTokens.INTERN_VL.encoder(files.tokenizer());
        ConversationFormat format = Formats.ofFiles(folder, files, encoder, true)
                .orElseGet(() -> new InternVlFormat(InternVlChatTemplate.of(config.json()), encoder));
        return new HovleProcessor(config, files, encoder, format);
    }

    @Override
    public TextFiles files() {
        return files;
    }

    @Override
    public ConversationEncoder encoder() {
        return encoder;
    }

    @Override
    public ConversationFormat format() {
        return format;
    }

    @Override
    public Processor withChatTemplate(String name, String source) {
        return new HovleProcessor(config, files, encoder, Formats.given(name, source, files, encoder, true));
    }

    @Override
    public Sample prompt(List<Message> conversation, ChatOptions options) {
        String text = format.prompt(conversation, options);
        List<PixelValues> pixels = pixels(conversation);
        int[] ids = ids(text, counts(pixels));
        return new Sample(ids, new boolean[ids.length], media(pixels));
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
        AnsweredText answered = format.answered(conversation);
        List<PixelValues> pixels = pixels(conversation);
        List<Integer> counts = counts(pixels);
        ids(answered.text(), counts); // as many places as images
        TokenizedConversation tokens =
                answered.encode(text -> ids(text, counts.subList(0, ImageTokens.INTERN_VL.count(text))));
        return new Sample(tokens.ids(), tokens.answerMask(), media(pixels));
    }

    private int[] ids(String text, List<Integer> counts) {
        return ImageTokens.INTERN_VL.encode(encoder, text, counts, format.beginsSequence());
    }

    private List<PixelValues> pixels(List<Message> conversation) {
        return conversation.stream()
                .flatMap(message -> message.images().stream())
                .map(image -> preprocessor.apply(ImageDecoder.standard().read(image)))
                .toList();
    }

    private List<Integer> counts(List<PixelValues> pixels) {
        return pixels.stream()
                .map(image -> image.count() * config.tokensPerTile())
                .toList();
    }

    private static Map<String, HostTensor> media(List<PixelValues> images) {
        return images.isEmpty() ? Map.of() : Map.of(HovleInputEncoder.PIXELS, PixelValues.stack(images));
    }

    @Override
    public Set<Integer> stopTokens() {
        Set<Integer> stops = new TreeSet<>(files.endTokens());
        if (format instanceof InternVlFormat official) {
            Arrays.stream(official.template().stopIds(files.tokenizer())).forEach(stops::add);
        }
        return Set.copyOf(stops);
    }

    @Override
    public Set<Integer> suppressedTokens() {
        Set<Integer> suppressed = new TreeSet<>(files.suppressedTokens());
        suppressed.add(config.imageToken());
        return Set.copyOf(suppressed);
    }
}
