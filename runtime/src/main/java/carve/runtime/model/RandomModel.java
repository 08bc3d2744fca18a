package carve.runtime.model;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.device.Device;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFamily;
import carve.api.model.ModelSpec;
import carve.api.param.CounterRandom;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.runtime.catalog.Catalogs;
import carve.runtime.safetensors.CheckpointWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A model of a published configuration with initial, random weights. They are computed tensor by tensor on demand and are the
 * same on every machine.
 *
 * @param family its family
 * @param spec the model
 * @param seed the random seed of its weights
 */
public record RandomModel(ModelFamily family, ModelSpec spec, long seed) {
    /**
     * Returns the model of a published configuration.
     *
     * @param name one of {@link PublishedConfigs#names()}, such as {@code mamba2-130m}
     * @throws IllegalArgumentException if there is no such configuration
     * @throws CheckpointException if no installed model family supports it
     */
    public static RandomModel of(String name, Catalogs catalogs, long seed) {
        JsonObject config = PublishedConfigs.config(name);
        ModelFamily family = catalogs.families().providers().stream()
                .filter(one -> one.supports(config))
                .findFirst()
                .orElseThrow(() -> new CheckpointException(
                        "no installed model family supports the configuration of '%s'".formatted(name)));
        return new RandomModel(family, family.spec(config, catalogs.mixerCatalog()), seed);
    }

    /** Returns this model with the mixers of a plan. */
    public RandomModel converted(LayerPlan plan, MixerCatalog mixers) {
        return new RandomModel(family, family.studentSpec(spec, plan, mixers), seed);
    }

    /** Returns the weights by the model's names, in F32. */
    public TensorSource tensors() {
        Map<String, TensorType> types = new LinkedHashMap<>();
        Map<String, ParamSpec> params = new LinkedHashMap<>();
        for (ParamSpec param : spec.parameters()) {
            types.put(param.name(), new TensorType(DType.F32, param.shape()));
            params.put(param.name(), param);
        }
        return TensorSources.of(types, name -> values(params.get(name)));
    }

    /** Returns the weights by the names of the family's checkpoints. */
    public TensorSource checkpointTensors() {
        return family.names(spec).toCheckpoint(tensors());
    }

    /** Writes a folder in the official layout, with matrices of a storage type. */
    public void save(Path folder, DType dtype) {
        TensorSource tensors = checkpointTensors();
        CheckpointWriter writer = new CheckpointWriter(folder);
        for (Map.Entry<String, byte[]> file : family.configFiles(spec.config()).entrySet()) {
            writer = writer.with(file.getKey(), file.getValue());
        }
        writer.write(
                TensorSources.cast(tensors, name -> tensors.type(name).shape().rank() == 2 ? dtype : DType.F32));
    }

    private MemorySegment values(ParamSpec param) {
        CounterRandom random = new CounterRandom(seed, param.name());
        float[] values = new float[Math.toIntExact(param.shape().size())];
        IntStream.range(0, values.length)
                .parallel()
                .forEach(i -> values[i] = (float) param.init().value(param.shape(), random, i));
        return DTypeConversion.of(DType.F32, values, Arena.ofAuto());
    }

    /** Returns the model on a device, with matrices of a storage type where the device has it; the caller closes it. */
    public LoadedModel load(Device device, DType dtype) {
        ParamStore params = new ParamStore(device);
        try {
            for (ParamSpec param : spec.parameters()) {
                boolean narrow = QuantisationConfig.isMatrix(param.shape())
                        && param.shape().extent(-1) % dtype.blockElements() == 0
                        && device.stores(dtype);
                TensorType type = new TensorType(narrow ? dtype : DType.F32, param.shape());
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment values = DTypeConversion.convert(DType.F32, values(param), type.dtype(), arena);
                    params.put(param.name(), Tensors.upload(device, type, values));
                }
            }
        } catch (RuntimeException e) {
            params.close();
            throw e;
        }
        return new LoadedModel(family, spec, params);
    }
}
