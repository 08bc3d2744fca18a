package carve.models.hovle;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.config.MapSettings;
import carve.api.config.SettingsNode;
import carve.api.device.Device;
import carve.api.mixer.MixerCatalog;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.mamba2.Mamba2Provider;
import carve.models.OfficialMixers;
import carve.testkit.Fixture;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/** Fixtures of official layers and models, for several tests. */
public final class OfficialFixtures {
    private OfficialFixtures() {}

    /** Returns the two mixers that official models have, with the defaults of their modules. */
    static MixerCatalog mixers() {
        SettingsNode.Section mamba2 = MapSettings.of(Map.of("conv-width", 2, "norm-epsilon", 1e-5, "init", "mimic"))
                .asTree();
        return OfficialMixers.attentionAnd(new Mamba2Provider()).withDefaults("mamba2", mamba2);
    }

    /** Returns the fixture's tensors under a prefix on a device, by the names that a map gives them in the model. */
    public static Map<String, Tensor> weights(Device device, Fixture fixture, String prefix, NameMap names) {
        Map<String, TensorData> found = new LinkedHashMap<>();
        for (String name : fixture.names()) {
            if (name.startsWith(prefix)) {
                TensorType type = new TensorType(DType.F32, fixture.shape(name));
                found.put(
                        name.substring(prefix.length()),
                        new TensorData(type, MemorySegment.ofArray(fixture.floats(name))));
            }
        }
        TensorSource model = names.toModel(TensorSources.of(found));
        Map<String, Tensor> weights = new TreeMap<>();
        for (String name : model.names()) {
            weights.put(name, Tensors.upload(device, model.type(name), model.data(name)));
        }
        return weights;
    }

    /** Returns values by model name as the checkpoint has them, where it has one tensor for several. */
    public static double[] inCheckpoint(NameMap names, String checkpointName, Map<String, Tensor> values) {
        Map<String, TensorData> data = new LinkedHashMap<>();
        values.forEach((name, tensor) ->
                data.put(name, new TensorData(tensor.type(), MemorySegment.ofArray(tensor.floats()))));
        TensorSource checkpoint = names.toCheckpoint(TensorSources.of(data));
        TensorType type = checkpoint.type(checkpointName);
        return DTypeConversion.doubles(type.dtype(), checkpoint.data(checkpointName));
    }
}
