package carve.distill.data;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;

/**
 * The reading of InternVL's meta files: an object of data sets, each with the {@code root} of its pictures, its {@code annotation} and,
 * optionally, a {@code repeat_time}; other keys ({@code length}, {@code data_augment}) are ignored.
 *
 * <pre>{@code
 * {"coco": {"root": "data/coco/", "annotation": "data/coco.jsonl", "repeat_time": 2, "length": 100}}
 * }</pre>
 *
 * <p>An annotation is a file of JSON lines, or LLaVA's array if its name ends in {@code .json}. A repeat time of 2 takes a set
 * twice in an epoch, one of 0.5 takes the first half of it, as InternVL's loader does.
 *
 * @param files the meta file and the annotations that it names
 * @param conversations those of all sets, one set after the other
 */
record InternVlMetaFile(List<Path> files, List<LlavaConversation> conversations) {
    /**
     * Reads a meta file and the annotations that it names.
     *
     * @param base the folder that roots and annotations are relative to
     * @throws SettingsException if a file cannot be read or is not of this form
     */
    static InternVlMetaFile read(Path file, Path base) {
        try {
            JsonObject sets = Json.readObject(file);
            List<Path> files = new ArrayList<>(List.of(file));
            List<List<LlavaConversation>> parts = new ArrayList<>();
            for (String name : sets.keys()) {
                files.add(base.resolve(sets.object(name).string("annotation")));
                parts.addAll(dataset(sets.object(name), base));
            }
            List<LlavaConversation> all = new ConcatenatedList(parts);
            if (all.isEmpty()) {
                throw new SettingsException(file + ": names no data set with at least one conversation");
            }
            return new InternVlMetaFile(List.copyOf(files), all);
        } catch (JsonException e) {
            throw new SettingsException(e.getMessage(), e);
        }
    }

    private static List<List<LlavaConversation>> dataset(JsonObject set, Path base) {
        Path root = set.path("root", base);
        Path annotation = set.path("annotation", base);
        if (!Files.isRegularFile(annotation)) {
            throw set.error("annotation", "there is no file " + annotation);
        }
        double repeat = set.optionalReal("repeat_time").orElse(1.0);
        if (!(repeat > 0) || repeat > 1 && repeat != Math.rint(repeat)) {
            throw set.error("repeat_time", "must be a fraction up to 1 or an integer, is " + repeat);
        }
        boolean array =
                annotation.getFileName().toString().toLowerCase(Locale.ROOT).endsWith(".json");
        List<LlavaConversation> one = array
                ? LlavaJsonFile.read(annotation).stream()
                        .map(llavaConversation -> llavaConversation.withImageFolder(root))
                        .toList()
                : new LlavaJsonLines(annotation, root);
        if (repeat < 1) {
            return List.of(one.subList(0, (int) (one.size() * repeat)));
        }
        List<List<LlavaConversation>> repeated = new ArrayList<>();
        for (int i = 0; i < repeat; i++) {
            repeated.add(one);
        }
        return repeated;
    }

    /** Lists one after the other. */
    private static final class ConcatenatedList extends AbstractList<LlavaConversation> {
        private final List<List<LlavaConversation>> parts;
        private final int size;

        ConcatenatedList(List<List<LlavaConversation>> parts) {
            this.parts = List.copyOf(parts);
            this.size = Math.toIntExact(parts.stream().mapToLong(List::size).sum());
        }

        @Override
        public LlavaConversation get(int index) {
            int rest = Objects.checkIndex(index, size);
            int part = 0;
            while (rest >= parts.get(part).size()) {
                rest -= parts.get(part).size();
                part++;
            }
            return parts.get(part).get(rest);
        }

        @Override
        public int size() {
            return size;
        }
    }
}
