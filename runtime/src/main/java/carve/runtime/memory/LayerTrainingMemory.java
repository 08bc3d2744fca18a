package carve.runtime.memory;

import carve.api.mixer.ActivationHook;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.op.SequenceLayout;
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
 * @param parameterBytes of its parameters in F32; as much again of their gradients, and twice that of AdamW's moments, if all are
 *     trained
 * @param savedActivations of what its forward pass leaves for gradients
 * @param checkpointedActivations of what it leaves if activations are computed again: its output
 * @param peakBytes of what its forward and backward passes take together while they run, gradients of all its parameters included
 */
public record LayerTrainingMemory(
        String label,
        String mixer,
        long parameterBytes,
        long savedActivations,
        long checkpointedActivations,
        long peakBytes) {
    /** Returns what each layer of a model takes for rows of so many positions. */
    public static List<LayerTrainingMemory> of(ModelSpec spec, int rows, int positions) {
        List<LayerTrainingMemory> layers = new ArrayList<>();
        SequenceLayout sequenceLayout = SequenceLayout.unpadded(rows, positions);
        for (Block block : spec.layers()) {
            layers.add(of(block, sequenceLayout, spec.hidden()));
        }
        return layers;
    }

    private static LayerTrainingMemory of(Block block, SequenceLayout sequenceLayout, int width) {
        try (MetaDevice device = new MetaDevice();
                ParamStore store = new ParamStore(device)) {
            for (ParamSpec param : block.parameters()) {
                store.put(param.name(), Tensor.allocate(device, new TensorType(DType.F32, param.shape())));
            }
            Tensor input = Tensor.allocate(
                    device,
                    new TensorType(DType.F32, Shape.of(sequenceLayout.batch(), sequenceLayout.positions(), width)));
            return Scope.run(device, () -> {
                Tape tape = new Tape();
                Map<String, Tensor> watched = new LinkedHashMap<>();
                store.asMap().forEach((name, tensor) -> watched.put(name, tape.watch(tensor)));
                Tensor x = tape.watch(input);
                device.resetPeak();
                long before = device.allocatedBytes();
                Tensor y = block.forward(Params.of(watched), x, sequenceLayout, ActivationHook.NONE);
                long kept = device.allocatedBytes() - before;
                List<Tensor> of = new ArrayList<>(watched.values());
                of.add(x);
                tape.gradients(List.of(y), List.of(Tensor.allocate(device, y.type())), of);
                return new LayerTrainingMemory(
                        block.label(),
                        block.mixerSpec().name(),
                        store.bytes(),
                        kept,
                        y.type().bytes(),
                        device.peakBytes() - before);
            });
        }
    }
}
