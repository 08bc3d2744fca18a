package carve.models.decoder;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.decoder.DecoderLayer;
import carve.api.decoder.DecoderSpec;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerCatalog;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.tensor.Shape;
import carve.models.LayerMixers;
import carve.models.decoder.gguf.DecoderFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Students of Llama-like teachers with Mamba-2 as {@code granitemoehybrid} without experts, which Transformers and llama.cpp run.
 * A student has this layout only if reading its configuration gives the same decoder.
 */
final class StudentLayouts {
    private static final String MIXER = "plain-mamba2";
    private static final List<String> TEACHERS = List.of("granite", "llama", "mistral");

    private final DecoderConfig teacher;
    private final List<MixerSpec> choices;
    private final MixerCatalog mixers;
    private final List<String> problems = new ArrayList<>();

    private StudentLayouts(DecoderConfig teacher, List<MixerSpec> choices, MixerCatalog mixers) {
        this.teacher = teacher;
        this.choices = choices;
        this.mixers = mixers;
    }

    /**
     * A layout of a student.
     *
     * @param config its {@code config.json}
     * @param problems what it cannot say of the student; empty if it is exactly what the student is
     */
    record Layout(JsonObject config, List<String> problems) {
        Layout {
            problems = List.copyOf(problems);
        }

        /** Returns whether it is exactly what the student is. */
        boolean fits() {
            return problems.isEmpty();
        }
    }

    /**
     * Returns a student as {@code granitemoehybrid}.
     *
     * @param read reads the decoder of a configuration
     */
    static Layout granite(
            DecoderConfig teacher,
            List<MixerSpec> choices,
            MixerCatalog mixers,
            Function<JsonObject, DecoderConfig> read) {
        StudentLayouts layouts = new StudentLayouts(teacher, choices, mixers);
        JsonObject config = layouts.config(read);
        return new Layout(config, layouts.problems);
    }

    /** Returns the mixers of a student in its layout, with how the plan initialises them. */
    static List<MixerSpec> withInit(ModelSpec read, List<MixerSpec> choices) {
        return IntStream.range(0, choices.size())
                .mapToObj(i -> withInit(read.layers().get(i).mixerSpec(), choices.get(i)))
                .toList();
    }

    private static MixerSpec withInit(MixerSpec own, MixerSpec choice) {
        Object init = choice.settings().toMap().get(MixerSpec.INIT);
        return init == null ? own : with(own, MixerSpec.INIT, init);
    }

    private static MixerSpec with(MixerSpec spec, String key, Object value) {
        Map<String, Object> settings = new LinkedHashMap<>(spec.settings().toMap());
        settings.put(key, value);
        return new MixerSpec(
                spec.name(), MapSettings.of(settings, spec.origin()).asTree());
    }

    private JsonObject config(Function<JsonObject, DecoderConfig> read) {
        teacherProblems();
        mixerNames();
        if (!problems.isEmpty()) {
            return JsonObject.empty();
        }
        try {
            JsonObject config = GraniteHybridConfig.of(
                    teacher,
                    IntStream.range(0, choices.size()).mapToObj(this::isMamba).toList(),
                    groups(),
                    shapes(mixer(firstMamba())));
            compare(read.apply(config).spec());
            return config;
        } catch (JsonException e) {
            problems.add(e.getMessage()); // a key that the layout does not have
            return JsonObject.empty();
        }
    }

    private boolean isMamba(int layer) {
        return choices.get(layer).name().equals(MIXER);
    }

    private void teacherProblems() {
        String type = teacher.json().string("model_type");
        if (!TEACHERS.contains(type)) {
            problems.add(
                    "model_type: '%s'; students of %s have the layout".formatted(type, String.join(", ", TEACHERS)));
        }
        if (teacher.json().optionalFlag("mlp_bias").orElse(false)) {
            problems.add("mlp_bias: true; the layout has no biases of feed-forward parts");
        }
        if (!(teacher.spec().layers().getFirst().feedForward() instanceof Mlp)) {
            problems.add("layers.0: experts; the layout would have none");
        }
    }

    private void mixerNames() {
        for (int i = 0; i < choices.size(); i++) {
            String kept = teacher.mixers().get(i).name();
            String name = choices.get(i).name();
            if (!isMamba(i) && !name.equals(kept)) {
                problems.add("layers.%d: mixer '%s'; the layout has %s and %s".formatted(i, name, kept, MIXER));
            }
        }
        if (firstMamba() == choices.size()) {
            problems.add("no layer has the mixer " + MIXER);
        }
    }

    private int firstMamba() {
        int layer = 0;
        while (layer < choices.size() && !isMamba(layer)) {
            layer++;
        }
        return layer;
    }

    private Mixer mixer(int layer) {
        MixerSpec choice = choices.get(layer);
        return mixers.create(choice.name(), teacher.spec().layers().get(layer).config(), choice.settings());
    }

    private static Map<String, Shape> shapes(Mixer mixer) {
        return mixer.parameters().stream()
                .collect(Collectors.toMap(ParamSpec::name, ParamSpec::shape, (a, _) -> a, TreeMap::new));
    }

    private int groups() {
        boolean ofHeads =
                "heads".equals(choices.get(firstMamba()).settings().toMap().get("groups"));
        return ofHeads ? teacher.dims().heads() : teacher.dims().kvHeads();
    }

    private void compare(DecoderSpec read) {
        List<DecoderLayer> expected = new ArrayList<>();
        for (int i = 0; i < choices.size(); i++) {
            DecoderLayer own = teacher.spec().layers().get(i);
            DecoderLayer other = read.layers().get(i);
            if (isMamba(i)) {
                problems.addAll(differences(i, other));
            }
            expected.add(
                    isMamba(i)
                            ? new DecoderLayer(other.config(), other.mixer(), own.layout(), own.feedForward())
                            : new DecoderLayer(own.config(), scaled(own, i), own.layout(), own.feedForward()));
        }
        DecoderSpec spec = teacher.spec();
        DecoderSpec student =
                new DecoderSpec(spec.tokens(), spec.positions(), expected, spec.finalNorm(), spec.head(), spec.names());
        problems.addAll(DecoderFacts.differences(student, read, "the layout"));
    }

    private List<String> differences(int layer, DecoderLayer other) {
        Mixer own = mixer(layer);
        MixerSpec theirs = withInit(other.mixer(), choices.get(layer));
        Mixer read = mixers.create(theirs.name(), other.config(), theirs.settings());
        if (own.equals(read)) {
            return List.of();
        }
        List<String> found = new ArrayList<>(settings(layer, own, other.mixer()));
        found.addAll(tensors(layer, shapes(own), shapes(read)));
        return found.isEmpty() ? List.of("layers.%d: the configuration of its mixer".formatted(layer)) : found;
    }

    // those that would change the mixer if they were as the layout has them
    private List<String> settings(int layer, Mixer own, MixerSpec theirs) {
        List<String> found = new ArrayList<>();
        new TreeMap<>(LayerMixers.persistentSettings(theirs)).forEach((key, value) -> {
            MixerSpec changed = with(choices.get(layer), key, value);
            if (changes(layer, own, changed)) {
                Object set = choices.get(layer).settings().toMap().getOrDefault(key, "its default");
                found.add("layers.%d: %s: %s; the layout would have %s".formatted(layer, key, set, value));
            }
        });
        return found;
    }

    private boolean changes(int layer, Mixer own, MixerSpec changed) {
        SettingsNode.Section settings = changed.settings();
        try {
            var dims = teacher.spec().layers().get(layer).config();
            return !own.equals(mixers.create(changed.name(), dims, settings));
        } catch (SettingsException e) {
            return true; // the value does not fit beside the others
        }
    }

    private static List<String> tensors(int layer, Map<String, Shape> own, Map<String, Shape> read) {
        TreeSet<String> names = new TreeSet<>(own.keySet());
        names.addAll(read.keySet());
        return names.stream()
                .filter(name -> !text(own, name).equals(text(read, name)))
                .map(name -> "layers.%d: %s: %s; the layout would have %s"
                        .formatted(layer, name, text(own, name), text(read, name)))
                .toList();
    }

    private static String text(Map<String, Shape> shapes, String name) {
        Shape shape = shapes.get(name);
        return shape == null ? "none" : shape.toString();
    }

    // attention of Llama has the scale that the layout writes down
    private MixerSpec scaled(DecoderLayer own, int layer) {
        MixerSpec choice = choices.get(layer);
        return choice.settings().toMap().containsKey("scale")
                ? choice
                : with(choice, "scale", 1 / Math.sqrt(own.config().headWidth()));
    }
}
