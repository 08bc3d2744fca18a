package carve.distill.data;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.tensor.HostTensor;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;

/** Conversations of a file as samples. Samples that were made are kept while there is room, so that epochs are cheap. */
final class LlavaDataSource implements Dataset {
    private static final System.Logger LOG = System.getLogger(LlavaDataSource.class.getName());
    private static final int SHOWN = 10;

    private final String kind;
    private final LlavaDataConfig config;
    private final List<LlavaConversation> conversations;
    private final Processor processor;
    private final EpochSampler order;
    private final long seed;
    private final Map<Integer, Sample> cache = new HashMap<>();
    private final Map<String, Set<Integer>> skipped = new TreeMap<>();
    private long cachedBytes;

    LlavaDataSource(
            String kind,
            LlavaDataConfig config,
            List<LlavaConversation> conversations,
            Processor processor,
            long seed) {
        this.kind = kind;
        this.config = config;
        this.processor = processor;
        this.seed = seed;
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
        if (skipped.values().stream().anyMatch(indices -> indices.contains(index))) {
            return Optional.empty();
        }
        Optional<Sample> made = make(index);
        made.ifPresent(sample -> remember(index, sample));
        return made;
    }

    private Optional<Sample> make(int index) {
        LlavaConversation llavaConversation = conversations.get(index);
        try {
            Sample sample = processor.trainingSample(messages(llavaConversation));
            return sample.tokens().length > config.maxLength()
                    ? truncated(index, llavaConversation.id(), sample)
                    : Optional.of(sample);
        } catch (NoSuchFileException e) {
            if (config.missingImages() == LlavaDataConfig.MissingImages.SKIP) {
                return skip(index, "image missing", llavaConversation.id() + ": " + e.getFile());
            }
            throw new UncheckedIOException(
                    "%s: id %s: no image %s".formatted(config.file(), llavaConversation.id(), e.getFile()), e);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: id %s: %s".formatted(config.file(), llavaConversation.id(), e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s: id %s: %s".formatted(config.file(), llavaConversation.id(), e.getMessage()), e);
        }
    }

    private Optional<Sample> truncated(int index, String id, Sample sample) {
        int length = config.maxLength();
        String which = "%s: %d tokens".formatted(id, sample.tokens().length);
        if (config.overlong() == LlavaDataConfig.OverlongSamples.SKIP) {
            return skip(index, "longer than %d tokens".formatted(length), which);
        }
        Set<Integer> places = processor.suppressedTokens();
        if (Arrays.stream(sample.tokens()).skip(length).anyMatch(token -> token < 0 || places.contains(token))) {
            return skip(index, "an image beyond max-length = %d".formatted(length), which);
        }
        boolean[] answer = Arrays.copyOf(sample.lossMask(), length);
        if (IntStream.range(0, length).noneMatch(i -> answer[i])) {
            return skip(index, "no answer within %d tokens".formatted(length), which);
        }
        return Optional.of(new Sample(Arrays.copyOf(sample.tokens(), length), answer, sample.media()));
    }

    private Optional<Sample> skip(int index, String reason, String which) {
        Set<Integer> indices = skipped.computeIfAbsent(reason, _ -> new HashSet<>());
        if (indices.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "{0}: skipping {2} ({1}); further samples skipped for this reason are only counted",
                    config.file(),
                    reason,
                    which);
        }
        indices.add(index);
        return Optional.empty();
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
            boolean takes = !given && message.role() == Message.Role.USER;
            messages.add(takes ? new Message(message.role(), message.text(), pictures) : message);
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
    public synchronized Map<String, Long> skipped() {
        Map<String, Long> counts = new TreeMap<>();
        skipped.forEach((reason, indices) -> counts.put(reason, (long) indices.size()));
        return counts;
    }
}
