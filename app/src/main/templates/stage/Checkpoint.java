package {{package}};

import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import carve.api.param.ParamStore;
import carve.api.stage.StageException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Where a run stands after a step. With the parameters that it trained it is the file {@code checkpoint.safetensors} of the
 * run's folder, which is there whole or not at all.
 *
 * @param step steps done
 * @param firstLoss of the first step
 * @param lastLoss of the last step
 * @param tokens positions seen
 */
record Checkpoint(long step, double firstLoss, double lastLoss, long tokens) {
    private static final String FILE = "checkpoint.safetensors";

    static Checkpoint begin() {
        return new Checkpoint(0, Double.NaN, Double.NaN, 0);
    }

    Checkpoint next(double loss, long seen) {
        return new Checkpoint(step + 1, step == 0 ? loss : firstLoss, loss, tokens + seen);
    }

    void write(Path folder, ParamStore params, List<String> names) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        names.forEach(name -> types.put(name, params.get(name).type()));
        Map<String, String> state = Map.of(
                "step", "" + step, "first-loss", "" + firstLoss, "last-loss", "" + lastLoss, "tokens", "" + tokens);
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new StageException("%s cannot be made: %s".formatted(folder, e.getMessage()), e);
        }
        try (SafeTensorsWriter writer = SafeTensorsWriter.create(folder.resolve(FILE), types, state)) {
            names.forEach(name -> write(writer, name, params.get(name)));
            writer.commit();
        }
    }

    private static void write(SafeTensorsWriter writer, String name, Tensor tensor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(tensor.type().bytes(), Long.BYTES);
            tensor.device().download(tensor, host);
            writer.write(name, host);
        }
    }

    /** Returns where a run stopped, and puts the parameters that it had then into a store; nothing if it never began. */
    static Optional<Checkpoint> load(Path folder, ParamStore params) {
        Path file = folder.resolve(FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            for (String name : tensors.names()) {
                params.put(name, Tensors.upload(params.device(), tensors.type(name), tensors.data(name)));
            }
            Map<String, String> state = tensors.metadata();
            return Optional.of(new Checkpoint(
                    Long.parseLong(state.get("step")),
                    Double.parseDouble(state.get("first-loss")),
                    Double.parseDouble(state.get("last-loss")),
                    Long.parseLong(state.get("tokens"))));
        }
    }
}
