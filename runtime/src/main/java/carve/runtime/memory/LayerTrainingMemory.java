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
 * The memory of a layer in a training step, in bytes.
 *
 * @param label its name in traces
 * @param mixer its mixer's name
 * @param parameterBytes its parameters in F32; gradients take as much again and AdamW's moments twice that, if all are trained
 * @param savedActivations the activations that its forward pass keeps for the backward pass
 * @param checkpointedActivations the activations that it keeps with activation checkpointing: its output
 * @param peakBytes the peak of its forward and backward pass, with the gradients of all its parameters
 */
public record LayerTrainingMemory(
        String label,
        String mixer,
        long parameterBytes,
        long savedActivations,
        long checkpointedActivations,
        long peakBytes) {
    /** Returns the memory of each layer of a model for a batch of rows with a number of positions. */
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
