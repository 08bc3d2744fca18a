package carve.distill.data;

import carve.api.CarveException;
import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.DatasetFiles;
import carve.api.data.EpochSampler;
import carve.api.data.Sample;
import carve.api.data.SkippedSamples;
import carve.api.tensor.HostTensor;
import carve.api.text.EncodedImage;
import carve.api.text.ImageDecodingException;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Conversations of a file as samples. Samples that were made are kept while there is room, so that epochs are cheap. */
final class LlavaDataSource implements Dataset {
    private static final int SHOWN = 10;

    private final String kind;
    private final LlavaDataConfig config;
    private final List<Path> annotations;
    private final List<LlavaConversation> conversations;
    private final Processor processor;
    private final EpochSampler order;
    private final long seed;
    private final Map<Integer, Sample> cache = new HashMap<>();
    private final SkippedSampleLog skipped;
    private long cachedBytes;

    /**
     * Makes the data set.
     *
     * @param kind the name of its provider
     * @param annotations the files that the conversations come from
     * @param conversations what they have
     * @param seed of the order
     * @throws SettingsException if images are missing and must not be
     */
    LlavaDataSource(
            String kind,
            LlavaDataConfig config,
            List<Path> annotations,
            List<LlavaConversation> conversations,
            Processor processor,
            long seed) {
        this.kind = kind;
        this.config = config;
        this.processor = processor;
        this.seed = seed;
        this.annotations = List.copyOf(annotations);
        this.skipped = new SkippedSampleLog(config.file());
        this.conversations = conversations;
        this.order = new EpochSampler(conversations.size(), config.shuffle(), seed);
        if (config.missingImages() == LlavaDataConfig.MissingImages.FAIL) {
            requireImages();
        }
    }

    private void requireImages() {
        List<String> missing = new ArrayList<>();
        for (LlavaConversation llavaConversation : conversations) {
            for (String image : llavaConversation.images()) {
                if (!Files.exists(config.images().resolve(image))) {
                    missing.add("%s (id %s)".formatted(config.images().resolve(image), llavaConversation.id()));
                }
            }
        }
        if (!missing.isEmpty()) {
            throw new SettingsException(
                    "%s: %d images are missing; set '%s' to their folder, or use missing-images = skip\n  %s"
                            .formatted(
                                    config.file(),
                                    missing.size(),
                                    kind.equals("internvl") ? "root" : "image-folder",
                                    String.join("\n  ", missing.subList(0, Math.min(SHOWN, missing.size())))));
        }
    }

    @Override
    public long size() {
        return conversations.size();
    }

    @Override
    public synchronized Optional<Sample> sample(long position) {
        int index = order.index(position);
        Sample known = cache.get(index);
        if (known != null) {
            return Optional.of(known);
        }
        if (skipped.contains(index)) {
            return Optional.empty();
        }
        Optional<Sample> made = make(index);
        made.ifPresent(sample -> remember(index, sample));
        return made;
    }

    private Optional<Sample> make(int index) {
        LlavaConversation llavaConversation = conversations.get(index);
        String id = llavaConversation.id();
        try {
            Sample sample = processor.trainingSample(messages(llavaConversation));
            if (sample.tokens().length > config.maxLength()) {
                return truncated(index, id, sample);
            }
            return hasAnswer(sample.lossMask())
                    ? Optional.of(sample)
                    : skipped.add(index, "no tokens of an answer", "id " + id);
        } catch (NoSuchFileException e) {
            return skipOrFail(index, "image missing", id, "no image " + e.getFile(), e);
        } catch (ImageDecodingException e) {
            return skipOrFail(index, "image cannot be decoded", id, e.getMessage(), e);
        } catch (IOException | IllegalArgumentException | CarveException e) {
            throw new IllegalArgumentException("%s: id %s: %s".formatted(config.file(), id, e.getMessage()), e);
        }
    }

    private Optional<Sample> skipOrFail(int index, String reason, String id, String problem, Exception cause) {
        if (config.missingImages() == LlavaDataConfig.MissingImages.SKIP) {
            return skipped.add(index, reason, "id %s: %s".formatted(id, problem));
        }
        throw new IllegalArgumentException(
                "%s: id %s: %s; replace the image, or set missing-images = skip".formatted(config.file(), id, problem),
                cause);
    }

    private static boolean hasAnswer(boolean[] lossMask) {
        return IntStream.range(0, lossMask.length).anyMatch(i -> lossMask[i]);
    }

    private Optional<Sample> truncated(int index, String id, Sample sample) {
        int length = config.maxLength();
        String which = "id %s: %d tokens".formatted(id, sample.tokens().length);
        if (config.overlong() == LlavaDataConfig.OverlongSamples.SKIP) {
            return skipped.add(index, "longer than %d tokens".formatted(length), which);
        }
        Set<Integer> places = processor.suppressedTokens();
        if (Arrays.stream(sample.tokens()).skip(length).anyMatch(token -> token < 0 || places.contains(token))) {
            return skipped.add(index, "an image beyond max-length = %d".formatted(length), which);
        }
        boolean[] answer = Arrays.copyOf(sample.lossMask(), length);
        if (!hasAnswer(answer)) {
            return skipped.add(index, "no answer within %d tokens".formatted(length), which);
        }
        return Optional.of(new Sample(Arrays.copyOf(sample.tokens(), length), answer, sample.media()));
    }

    // the images belong to the first user message; the processor finds their placeholders
    private List<Message> messages(LlavaConversation llavaConversation) throws IOException {
        List<EncodedImage> pictures = new ArrayList<>();
        for (String image : llavaConversation.images()) {
            pictures.add(EncodedImage.read(config.images().resolve(image)));
        }
        List<Message> messages = new ArrayList<>();
        boolean given = pictures.isEmpty();
        for (Message message : llavaConversation.messages()) {
            boolean takes = !given && message.isFrom(Message.Role.USER);
            messages.add(takes ? new Message(Message.Role.USER, message.text(), pictures) : message);
            given |= takes;
        }
        return messages;
    }

    private void remember(int index, Sample sample) {
        long bytes = sample.tokens().length * (Integer.BYTES + 1L);
        for (HostTensor tensor : sample.media().values()) {
            bytes += tensor.shape().size() * Float.BYTES;
        }
        if (cachedBytes + bytes <= config.cacheBytes()) {
            cache.put(index, sample);
            cachedBytes += bytes;
        }
    }

    @Override
    public String fingerprint() {
        return "%s %s (%d conversations, max-length %d%s, missing-images %s, shuffle %s, seed %d)"
                .formatted(
                        kind,
                        config.file().getFileName(),
                        conversations.size(),
                        config.maxLength(),
                        config.overlong() == LlavaDataConfig.OverlongSamples.TRUNCATE ? " truncated" : "",
                        config.missingImages(),
                        config.shuffle(),
                        seed);
    }

    @Override
    public DatasetFiles files() {
        Set<Path> media = new LinkedHashSet<>();
        for (LlavaConversation llavaConversation : conversations) {
            llavaConversation
                    .images()
                    .forEach(image -> media.add(config.images().resolve(image)));
        }
        return new DatasetFiles(annotations, List.copyOf(media));
    }

    @Override
    public synchronized Map<String, SkippedSamples> skipped() {
        return skipped.byReason();
    }
}
