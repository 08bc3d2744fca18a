package carve.bench.gpu;

import carve.api.device.Device;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.hocon.Hocon;
import carve.runtime.model.ModelFolder;
import carve.runtime.plan.LayerPlanReader;
import java.util.LinkedHashMap;
import java.util.Map;

/** Models of a published shape with random weights: the Transformer, and what it becomes with other mixers. */
final class RandomModels {
    private static final long SEED = 42;
    private static final long FEW = 1 << 16;

    private RandomModels() {}

    /** Returns the shapes that are compared, by name. */
    static Map<String, ModelSpec> specs(BenchmarkSession benchmarkSession, ModelFolder teacher) {
        Map<String, ModelSpec> specs = new LinkedHashMap<>();
        specs.put("transformer", teacher.spec());
        specs.put("hybrid", converted(benchmarkSession, teacher, "repeat = [keep, mamba2 x3]"));
        specs.put("linear", converted(benchmarkSession, teacher, "repeat = [mamba2]"));
        return specs;
    }

    /** Returns the teacher with other mixers in the layers that a plan says. */
    static ModelSpec converted(BenchmarkSession benchmarkSession, ModelFolder teacher, String layers) {
        var settings = Hocon.parse("mixers { mamba2 { type = mamba2, init = mimic } }\n" + layers, "report");
        LayerPlan plan = LayerPlanReader.read(settings, teacher.spec().layers().size());
        return teacher.family()
                .studentSpec(teacher.spec(), plan, benchmarkSession.catalogs().mixerCatalog());
    }

    /** Returns a model of random weights; its matrices have a storage type. */
    static LoadedModel random(ModelFolder teacher, ModelSpec spec, Device device, DType matrices) {
        ParamStore store = new ParamStore(device);
        for (ParamSpec param : spec.parameters()) {
            Scope.run(device, () -> store.put(param.name(), random(device, param, matrices)));
        }
        return new LoadedModel(teacher.family(), spec, store);
    }

    /** Returns one parameter: a few its own initial values, many random ones. */
    static Tensor random(Device device, ParamSpec param, DType matrices) {
        Shape shape = param.shape();
        if (shape.rank() != 2 || shape.size() < FEW) {
            Tensor initial = ParamStore.initial(device, param, SEED);
            return shape.rank() == 2 ? initial.cast(matrices) : initial;
        }
        double scale = 1 / Math.sqrt(shape.extent(-1));
        return BenchmarkSession.normal(device, param.name(), scale, matrices, shape.extents());
    }
}
