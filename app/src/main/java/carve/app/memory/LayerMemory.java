package carve.app.memory;

import carve.api.mixer.Probe;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.op.Sequences;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a layer takes in a step, in bytes.
 *
 * @param label its name in traces
 * @param mixer its mixer's name
 * @param parameters of its parameters in F32; as much again of their gradients, and twice that of AdamW's moments, if all are
 *     trained
 * @param kept of what its forward pass leaves for gradients
 * @param recomputed of what it leaves if activations are computed again: its output
 * @param passing of what its forward and backward passes take together while they run, gradients of all its parameters included
 */
public record LayerMemory(String label, String mixer, long parameters, long kept, long recomputed, long passing) {
    /** Returns what each layer of a model takes for rows of so many positions. */
    public static List<LayerMemory> of(ModelSpec spec, int rows, int positions) {
        List<LayerMemory> layers = new ArrayList<>();
        Sequences sequences = Sequences.whole(rows, positions);
        for (Block block : spec.layers()) {
            layers.add(of(block, sequences, spec.hidden()));
        }
        return layers;
    }

    private static LayerMemory of(Block block, Sequences sequences, int width) {
        try (PaperDevice device = new PaperDevice();
                ParamStore store = new ParamStore(device)) {
            for (ParamSpec param : block.parameters()) {
                store.put(param.name(), Tensor.allocate(device, new TensorType(DType.F32, param.shape())));
            }
            Tensor input = Tensor.allocate(
                    device, new TensorType(DType.F32, Shape.of(sequences.batch(), sequences.positions(), width)));
            return Scope.run(device, () -> {
                Tape tape = new Tape();
                Map<String, Tensor> watched = new LinkedHashMap<>();
                store.asMap().forEach((name, tensor) -> watched.put(name, tape.watch(tensor)));
                Tensor x = tape.watch(input);
                device.forget();
                long before = device.live();
                Tensor y = block.forward(Params.of(watched), x, sequences, Probe.NONE);
                long kept = device.live() - before;
                List<Tensor> of = new ArrayList<>(watched.values());
                of.add(x);
                tape.gradients(List.of(y), List.of(Tensor.allocate(device, y.type())), of);
                return new LayerMemory(
                        block.label(),
                        block.choice().mixer(),
                        store.bytes(),
                        kept,
                        y.type().bytes(),
                        device.peak() - before);
            });
        }
    }
}
