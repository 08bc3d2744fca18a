package carve.runtime.convert;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.MixerCatalog;
import carve.api.model.Block;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.UnpackedParts;
import carve.runtime.model.WeightPrecision;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * The conversion of a teacher into a student by a layer plan: other mixers in some layers, initialised from the teacher's attention,
 * and the same tensors everywhere else.
 *
 * <p>The student is not in memory as a whole: its tensors are views of the teacher's, and those of one converted layer at a time.
 * Confined to the device's thread.
 */
public final class Conversion {

    /** The origin of a tensor of the student. */
    public enum Outcome {
        /** Copied from the teacher, bit for bit. */
        COPIED,
        /** Computed from the teacher's attention. */
        TRANSFORMED,
        /** Copied from an earlier student; the storage type may differ. */
        CONTINUED,
        /** Initialised; the teacher has no such tensor. */
        INITIALISED,
        /** Only in the teacher. */
        DROPPED
    }

    /**
     * One tensor of the report.
     *
     * @param name the tensor's name in the model
     * @param type its type in the student, or in the teacher if it was dropped
     * @param outcome its origin
     */
    public record TensorReport(String name, TensorType type, Outcome outcome) {}

    private static final System.Logger LOG = System.getLogger("carve.runtime");

    private final ModelFolder teacher;
    private final ModelSpec student;
    private final List<String> formatProblems;
    private final TensorSource tensors;
    private final List<Integer> converted;
    private final Device device;
    private final long seed;
    private final DType matrices;
    private final DType others;
    private final BaseStudent base;
    private final Map<Integer, Map<String, Outcome>> initialised = new LinkedHashMap<>();
    private int current = -1;
    private Map<String, MemorySegment> made = Map.of();

    private Conversion(
            ModelFolder teacher,
            ModelSpec student,
            List<String> formatProblems,
            Device device,
            long seed,
            BaseStudent earlier) {
        this.teacher = teacher;
        this.student = student;
        this.formatProblems = formatProblems;
        this.tensors = teacher.tensors();
        this.converted = converted(teacher.spec(), student);
        this.device = device;
        this.seed = seed;
        this.matrices = teacher.commonDType(true);
        this.others = teacher.commonDType(false);
        this.base = earlier;
    }

    /**
     * Prepares a conversion; it reads no weights yet.
     *
     * @param device the device that computes initial values
     * @param seed the random seed of parameters that the teacher gives no value
     * @throws carve.api.config.SettingsException if the plan does not fit the model
     */
    public static Conversion of(ModelFolder teacher, LayerPlan plan, MixerCatalog mixers, Device device, long seed) {
        plan.checked(teacher.spec().layers().size(), mixers.names());
        refuseWrongSettings(teacher.spec(), plan, mixers);
        List<String> formats = teacher.family().studentFormats();
        if (!formats.contains(plan.format())) {
            throw new SettingsException("format: " + NameSuggestions.unknown("format", plan.format(), formats));
        }
        ModelSpec student = teacher.family().studentSpec(teacher.spec(), plan, mixers);
        List<String> problems = teacher.family().formatProblems(teacher.spec(), plan, mixers);
        return new Conversion(teacher, student, problems, device, seed, BaseStudent.none(teacher.tensors()));
    }

    /**
     * Returns this conversion with the mixers of an earlier student in those converted layers that have been converted there
     * already, so that a model can be converted in several steps. New layers are initialised from attention, and all else is the
     * teacher's.
     *
     * @param student the earlier student; it stays open as long as the conversion is used
     * @throws carve.api.config.SettingsException if it does not fit the plan; the message has all reasons
     */
    public Conversion continueFrom(ModelFolder student) {
        BaseStudent found = BaseStudent.of(student, teacher.spec(), this.student, converted);
        return new Conversion(teacher, this.student, formatProblems, device, seed, found);
    }

    // a family reads them from a config.json that it wrote, where it cannot tell who said so
    private static void refuseWrongSettings(ModelSpec teacher, LayerPlan plan, MixerCatalog mixers) {
        for (int i = 0; i < plan.layers().size(); i++) {
            MixerSpec choice = plan.layers().get(i);
            if (!choice.isKeep()) {
                mixers.create(choice.name(), teacher.layers().get(i).config(), choice.settings());
            }
        }
    }

    /** Returns the layers whose mixers differ between two models. */
    public static List<Integer> converted(ModelSpec teacher, ModelSpec student) {
        return IntStream.range(0, student.layers().size())
                .filter(i -> i >= teacher.layers().size()
                        || !same(
                                teacher.layers().get(i).mixerSpec(),
                                student.layers().get(i).mixerSpec()))
                .boxed()
                .toList();
    }

    // how a mixer was initialised is no property of the converted model
    static boolean same(MixerSpec a, MixerSpec b) {
        return a.name().equals(b.name())
                && a.settings()
                        .without(MixerSpec.INIT)
                        .toMap()
                        .equals(b.settings().without(MixerSpec.INIT).toMap());
    }

    /** Returns the student's architecture. */
    public ModelSpec student() {
        return student;
    }

    /** Returns the numbers of the layers that have another mixer. */
    public List<Integer> converted() {
        return converted;
    }

    /** Returns the student's tensors by the model's names; carried ones under their own. They are made when asked for. */
    public TensorSource tensors() {
        return tensors(_ -> {});
    }

    private TensorSource tensors(Consumer<String> begun) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        student.parameters().forEach(param -> types.put(param.name(), type(param)));
        Map<String, ParamSpec> specs = new LinkedHashMap<>();
        student.parameters().forEach(param -> specs.put(param.name(), param));
        TensorSource computed = TensorSources.of(types, name -> {
            begun.accept(name);
            return data(specs.get(name));
        });
        Set<String> kept = teacher.family().names(student).modelNames();
        TensorSource carried = TensorSources.select(tensors, name -> !specs.containsKey(name) && kept.contains(name));
        return TensorSources.union(computed, carried);
    }

    /**
     * Writes the student's folder.
     *
     * @param begun receives the name of each parameter before it is computed
     * @throws carve.api.checkpoint.CheckpointException if something cannot be written; the folder is then as it was
     */
    public void save(Path to, Consumer<String> begun) {
        NameMap names = teacher.family().names(student);
        TensorSource all = names.toCheckpoint(UnpackedParts.of(tensors(begun), names));
        teacher.writer(to, student.config()).write(all);
        if (!formatProblems.isEmpty()) {
            LOG.log(
                    Level.INFO,
                    CheckpointException.of(to + ": saved as a model that only Carve opens", formatProblems)
                            .getMessage());
        }
    }

    /** Returns the student with its weights on a device; the caller closes it. */
    public LoadedModel load(Device target, WeightPrecision weightPrecision) {
        TensorSource all = tensors();
        ParamStore params = new ParamStore(target);
        try {
            student.parameters()
                    .forEach(param ->
                            params.put(param.name(), ModelFolder.upload(target, all, param.name(), weightPrecision)));
        } catch (RuntimeException e) {
            params.close();
            throw e;
        }
        return new LoadedModel(teacher.family(), student, params);
    }

    /** Returns the origin of every tensor of student and teacher, in the order of the models. */
    public List<TensorReport> report() {
        converted.forEach(this::initialisedNames);
        List<TensorReport> entries = new ArrayList<>();
        TensorSource all = tensors();
        for (String name : all.names()) {
            entries.add(new TensorReport(name, all.type(name), outcome(name)));
        }
        for (String name : tensors.names()) {
            if (!all.names().contains(name)) {
                entries.add(new TensorReport(name, tensors.type(name), Outcome.DROPPED));
            }
        }
        return List.copyOf(entries);
    }

    private Outcome outcome(String name) {
        return layer(name)
                .map(i -> initialisedNames(i).getOrDefault(name, Outcome.INITIALISED))
                .orElse(tensors.names().contains(name) ? Outcome.COPIED : Outcome.INITIALISED);
    }

    // the converted layer whose mixer has the parameter
    private Optional<Integer> layer(String name) {
        return converted.stream().filter(i -> name.startsWith(mixer(i))).findFirst();
    }

    private static String mixer(int layer) {
        return ModelSpec.layerPrefix(layer) + ".mixer.";
    }

    private TensorType type(ParamSpec param) {
        if (layer(param.name()).isEmpty() && tensors.names().contains(param.name())) {
            return tensors.type(param.name());
        }
        return new TensorType(param.shape().rank() == 2 ? matrices : others, param.shape());
    }

    private MemorySegment data(ParamSpec param) {
        Optional<Integer> layer = layer(param.name());
        if (layer.isEmpty()) {
            return tensors.names().contains(param.name()) ? tensors.data(param.name()) : initial(param);
        }
        if (current != layer.get()) {
            made = initialise(layer.get());
            current = layer.get();
        }
        MemorySegment values = made.get(param.name());
        return values == null ? initial(param) : values;
    }

    private Map<String, Outcome> initialisedNames(int layer) {
        if (!initialised.containsKey(layer)) {
            made = initialise(layer);
            current = layer;
        }
        return initialised.get(layer);
    }

    private Map<String, MemorySegment> initialise(int layer) {
        return base.layers().contains(layer) ? continued(layer) : initFromAttention(layer);
    }

    private Map<String, MemorySegment> continued(int layer) {
        Map<String, MemorySegment> values = new LinkedHashMap<>();
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        Scope.run(
                device,
                () -> student.layers().get(layer).mixer().parameters().forEach(param -> {
                    String name = mixer(layer) + param.name();
                    values.put(name, stored(ModelFolder.upload(device, base.tensors(), name, WeightPrecision.F32)));
                    outcomes.put(name, Outcome.CONTINUED);
                }));
        initialised.put(layer, outcomes);
        return values;
    }

    private Map<String, MemorySegment> initFromAttention(int layer) {
        Map<String, ParamSpec> specs = new LinkedHashMap<>();
        Block block = student.layers().get(layer);
        block.mixer().parameters().forEach(param -> specs.put(param.name(), param));
        Map<String, MemorySegment> values = new LinkedHashMap<>();
        Map<String, Outcome> outcomes = new LinkedHashMap<>();
        Scope.run(
                device,
                () -> attention(layer)
                        .ifPresent(from -> block.mixer().initFrom(from).forEach((name, tensor) -> {
                            ParamSpec param = specs.get(name);
                            if (param == null || !param.shape().equals(tensor.shape())) {
                                throw new IllegalStateException(
                                        "mixer '%s' initialises '%s' %s, which is not one of its parameters %s"
                                                .formatted(
                                                        block.mixerSpec().name(),
                                                        name,
                                                        tensor.shape(),
                                                        specs.values()));
                            }
                            values.put(mixer(layer) + name, stored(tensor));
                            boolean same = from.tensors().values().stream()
                                    .anyMatch(given -> given.buffer() == tensor.buffer());
                            outcomes.put(mixer(layer) + name, same ? Outcome.COPIED : Outcome.TRANSFORMED);
                        })));
        initialised.put(layer, outcomes);
        return values;
    }

    private Optional<AttentionWeights> attention(int layer) {
        Map<String, String> names = new LinkedHashMap<>();
        for (String name : tensors.names()) {
            if (name.startsWith(mixer(layer))) {
                names.put(name.substring(mixer(layer).length()), name);
            }
        }
        if (!AttentionWeights.areAttention(names.keySet())) {
            return Optional.empty();
        }
        Map<String, Tensor> found = new LinkedHashMap<>();
        names.forEach((part, name) -> found.put(part, ModelFolder.upload(device, tensors, name, WeightPrecision.F32)));
        return Optional.of(
                new AttentionWeights(teacher.spec().layers().get(layer).config(), found));
    }

    private MemorySegment initial(ParamSpec param) {
        return Scope.run(device, () -> Optional.of(stored(ParamStore.initial(device, param, seed))))
                .orElseThrow();
    }

    private MemorySegment stored(Tensor tensor) {
        DType dtype = tensor.shape().rank() == 2 ? matrices : others;
        return ModelFolder.download(tensor.cast(dtype));
    }
}
