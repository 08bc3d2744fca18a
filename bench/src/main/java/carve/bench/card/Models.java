package carve.bench.card;

import carve.api.device.Device;
import carve.api.model.LayerPlan;
import carve.api.model.PlanReader;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.hocon.Hocon;
import java.util.LinkedHashMap;
import java.util.Map;

/** Models of a published shape with random weights: the Transformer, and what it becomes with other mixers. */
final class Models {
    private static final long SEED = 42;
    private static final long FEW = 1 << 16;

    private Models() {}

    /** Returns the shapes that are compared, by name. */
    static Map<String, ModelSpec> specs(Session session, ModelFolder teacher) {
        Map<String, ModelSpec> specs = new LinkedHashMap<>();
        specs.put("transformer", teacher.spec());
        specs.put("hybrid", converted(session, teacher, "repeat = [keep, mamba2 x3]"));
        specs.put("linear", converted(session, teacher, "repeat = [mamba2]"));
        return specs;
    }

    /** Returns the teacher with other mixers in the layers that a plan says. */
    static ModelSpec converted(Session session, ModelFolder teacher, String layers) {
        var settings = Hocon.parse("mixers { mamba2 { type = mamba2, seed = mimic } }\n" + layers, "report");
        LayerPlan plan = PlanReader.read(settings, teacher.spec().layers().size());
        return teacher.family().convert(teacher.spec(), plan, session.catalogs().mixerCatalog());
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
        return Session.normal(device, param.name(), scale, matrices, shape.extents());
    }
}
