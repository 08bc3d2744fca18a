package carve.distill.data;

import carve.api.config.SettingsException;
import carve.api.model.HostTensor;
import carve.api.model.Message;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.stage.DataSource;
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
final class LlavaSource implements DataSource {
    private static final System.Logger LOG = System.getLogger(LlavaSource.class.getName());
    private static final int SHOWN = 10;

    private final String kind;
    private final LlavaConfig config;
    private final List<Conversation> conversations;
    private final Processor processor;
    private final EpochOrder order;
    private final long seed;
    private final Map<Integer, Sample> cache = new HashMap<>();
    private final Map<String, Set<Integer>> leftOut = new TreeMap<>();
    private long cachedBytes;

    LlavaSource(String kind, LlavaConfig config, List<Conversation> conversations, Processor processor, long seed) {
        this.kind = kind;
        this.config = config;
        this.processor = processor;
        this.seed = seed;
        this.conversations = conversations;
        this.order = new EpochOrder(conversations.size(), config.shuffle(), seed);
        if (config.onMissing() == LlavaConfig.Missing.FAIL) {
            requirePictures();
        }
    }

    private void requirePictures() {
        List<String> missing = new ArrayList<>();
        for (Conversation conversation : conversations) {
            for (String image : conversation.images()) {
                if (!Files.exists(config.images().resolve(image))) {
                    missing.add("%s (id %s)".formatted(config.images().resolve(image), conversation.id()));
                }
            }
        }
        if (!missing.isEmpty()) {
            throw new SettingsException(
                    "%s: %d pictures are missing; name their folder as '%s', or say on-missing = skip\n  %s"
                            .formatted(
                                    config.file(),
                                    missing.size(),
                                    kind.equals("internvl") ? "root" : "images",
                                    String.join("\n  ", missing.subList(0, Math.min(SHOWN, missing.size())))));
        }
    }

    @Override
    public long size() {
        return conversations.size();
    }

    @Override
    public synchronized Optional<Sample> sample(long position) {
        int index = order.sample(position);
        Sample known = cache.get(index);
        if (known != null) {
            return Optional.of(known);
        }
        if (leftOut.values().stream().anyMatch(indices -> indices.contains(index))) {
            return Optional.empty();
        }
        Optional<Sample> made = make(index);
        made.ifPresent(sample -> remember(index, sample));
        return made;
    }

    private Optional<Sample> make(int index) {
        Conversation conversation = conversations.get(index);
        try {
            Sample sample = processor.example(messages(conversation));
            return sample.tokens().length > config.maxLength()
                    ? shortened(index, conversation.id(), sample)
                    : Optional.of(sample);
        } catch (NoSuchFileException e) {
            if (config.onMissing() == LlavaConfig.Missing.SKIP) {
                return leaveOut(index, "picture missing", conversation.id() + ": " + e.getFile());
            }
            throw new UncheckedIOException(
                    "%s: id %s: no picture %s".formatted(config.file(), conversation.id(), e.getFile()), e);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "%s: id %s: %s".formatted(config.file(), conversation.id(), e.getMessage()), e);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "%s: id %s: %s".formatted(config.file(), conversation.id(), e.getMessage()), e);
        }
    }

    private Optional<Sample> shortened(int index, String id, Sample sample) {
        int length = config.maxLength();
        String which = "%s: %d tokens".formatted(id, sample.tokens().length);
        if (config.tooLong() == LlavaConfig.TooLong.SKIP) {
            return leaveOut(index, "longer than %d tokens".formatted(length), which);
        }
        Set<Integer> places = processor.excluded();
        if (Arrays.stream(sample.tokens()).skip(length).anyMatch(token -> token < 0 || places.contains(token))) {
            return leaveOut(index, "a picture beyond %d tokens".formatted(length), which);
        }
        boolean[] answer = Arrays.copyOf(sample.answer(), length);
        if (IntStream.range(0, length).noneMatch(i -> answer[i])) {
            return leaveOut(index, "no answer within %d tokens".formatted(length), which);
        }
        return Optional.of(new Sample(Arrays.copyOf(sample.tokens(), length), answer, sample.media()));
    }

    private Optional<Sample> leaveOut(int index, String reason, String which) {
        Set<Integer> indices = leftOut.computeIfAbsent(reason, _ -> new HashSet<>());
        if (indices.isEmpty()) {
            LOG.log(
                    Level.WARNING,
                    "{0}: a sample is left out ({1}), {2}; more of them are only counted",
                    config.file(),
                    reason,
                    which);
        }
        indices.add(index);
        return Optional.empty();
    }

    // pictures belong to what the person says first; the processor finds their places
    private List<Message> messages(Conversation conversation) throws IOException {
        List<Picture> pictures = new ArrayList<>();
        for (String image : conversation.images()) {
            pictures.add(Picture.read(config.images().resolve(image)));
        }
        List<Message> messages = new ArrayList<>();
        boolean given = pictures.isEmpty();
        for (Message message : conversation.messages()) {
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
    public String identity() {
        return "%s %s (%d conversations, max-length %d%s, on-missing %s, shuffle %s, seed %d)"
                .formatted(
                        kind,
                        config.file().getFileName(),
                        conversations.size(),
                        config.maxLength(),
                        config.tooLong() == LlavaConfig.TooLong.CUT ? " cut" : "",
                        config.onMissing(),
                        config.shuffle(),
                        seed);
    }

    @Override
    public synchronized Map<String, Long> leftOut() {
        Map<String, Long> counts = new TreeMap<>();
        leftOut.forEach((reason, indices) -> counts.put(reason, (long) indices.size()));
        return counts;
    }
}
