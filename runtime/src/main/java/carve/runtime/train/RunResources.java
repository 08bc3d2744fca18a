package carve.runtime.train;

import carve.api.model.ModelSpec;
import carve.api.stage.StageException;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.runtime.catalog.Catalogs;
import carve.runtime.hub.ByteCount;
import carve.runtime.memory.StageTrainingMemory;
import carve.runtime.memory.StageTrainingMemory.TeacherStudent;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The memory and disk of a run, counted before anything is converted or written.
 *
 * @param models the models, which need not exist yet
 * @param positions the length of a sample of each stage, by its name
 * @param catalogs the installed providers
 * @param lines is told what was counted, line by line
 */
record RunResources(TeacherStudent models, Map<String, Integer> positions, Catalogs catalogs, Consumer<String> lines) {
    private static final String ROW = "%-20s %12s %12s %12s %12s";
    private static final String BATCH = "batch-size";
    private static final String ACCUMULATION = "gradient-accumulation-steps";
    private static final String BUCKET = "length-bucket-batches";
    private static final String CHECKPOINTING = "gradient-checkpointing";
    private static final String LOGITS = "max-logits-mib";
    private static final int SMALL_LOGITS_MIB = 16;

    private record Counted(RecipeStage stage, StageTrainingMemory memory) {
        // parameters and moments, and one checkpoint more while it is written
        long checkpointBytes() {
            return (memory.footprint().trainedParams() + memory.footprint().optimizerState())
                    * (stage.stage().config().logging().maxCheckpoints() + 1L);
        }
    }

    /** The models that a run writes: how many, and in which type. */
    record Written(int models, DType dtype) {}

    /**
     * Returns the stages, made to fit into the memory if the recipe names one.
     *
     * @param out the folder of the run
     * @param written what is written there beside checkpoints; no models if the disk is not checked
     * @throws StageException if the memory or the disk is too small
     * @throws IOException if the free space cannot be read
     */
    List<RecipeStage> check(List<RecipeStage> stages, MemoryLimit limit, Path out, Written written) throws IOException {
        List<Counted> all = new ArrayList<>();
        for (RecipeStage stage : stages) {
            all.add(fit(stage, limit));
        }
        print(all);
        all.forEach(stage -> requireMemory(stage, limit));
        if (written.models() > 0) {
            requireDisk(all, out, written);
        }
        return all.stream().map(Counted::stage).toList();
    }

    private Counted count(RecipeStage stage) {
        String name = stage.stage().name();
        return new Counted(stage, StageTrainingMemory.of(stage.stage(), models, positions.get(name), DType.F32));
    }

    private void print(List<Counted> stages) {
        lines.accept(ROW.formatted("STAGE", "MEMORY", "MODELS", "ACTIVATIONS", "CHECKPOINTS"));
        for (Counted counted : stages) {
            StageTrainingMemory memory = counted.memory;
            lines.accept(ROW.formatted(
                    memory.stage(),
                    ByteCount.text(memory.peakBytes()),
                    ByteCount.text(memory.teacherBytes() + memory.studentBytes()),
                    ByteCount.text(memory.transientBytes()),
                    ByteCount.text(counted.checkpointBytes())));
        }
    }

    // a change that takes no less is not made; the samples of a step stay the same
    private Counted fit(RecipeStage stage, MemoryLimit limit) {
        Counted best = count(stage);
        if (!limit.asked() || best.memory.peakBytes() <= limit.bytes()) {
            return best;
        }
        best = smaller(best, limit, Map.of(CHECKPOINTING, true));
        long chunk = best.stage.stage().config().logitsLoss().maxBytes();
        if (chunk == 0 || chunk > (long) SMALL_LOGITS_MIB << 20) {
            best = smaller(best, limit, Map.of(LOGITS, SMALL_LOGITS_MIB));
        }
        while (best.memory.peakBytes() > limit.bytes()
                && best.stage.stage().config().batches().batchSize() % 2 == 0) {
            Counted halved = smaller(best, limit, halved(best.stage.stage().config()));
            if (halved == best) {
                break;
            }
            best = halved;
        }
        TrainingConfig config = best.stage.stage().config();
        lines.accept("%s: to fit into %s: %s = %s, %s = %d, %s = %d, max-logits-mib = %s"
                .formatted(
                        stage.stage().name(),
                        ByteCount.text(limit.bytes()),
                        CHECKPOINTING,
                        config.gradientCheckpointing(),
                        BATCH,
                        config.batches().batchSize(),
                        ACCUMULATION,
                        config.accumulationSteps(),
                        String.format(Locale.ROOT, "%.4g", config.logitsLoss().maxBytes() / (double) (1 << 20))));
        return best;
    }

    private Counted smaller(Counted before, MemoryLimit limit, Map<String, Object> changes) {
        if (before.memory.peakBytes() <= limit.bytes()) {
            return before;
        }
        Counted changed = count(before.stage.with(changes, catalogs));
        return changed.memory.peakBytes() < before.memory.peakBytes() ? changed : before;
    }

    private static Map<String, Object> halved(TrainingConfig config) {
        Map<String, Object> changes = new LinkedHashMap<>();
        changes.put(BATCH, config.batches().batchSize() / 2);
        changes.put(ACCUMULATION, 2 * config.accumulationSteps());
        if (config.batches().bucketBatches() > 1) {
            changes.put(BUCKET, 2 * config.batches().bucketBatches());
        }
        return changes;
    }

    private void requireMemory(Counted counted, MemoryLimit limit) {
        StageTrainingMemory memory = counted.memory;
        if (memory.peakBytes() > limit.bytes()) {
            String remedy = limit.asked()
                    ? "memory = %dm would do, or shorter samples than %d tokens"
                            .formatted((memory.peakBytes() >> 20) + 1, positions.get(memory.stage()))
                    : "set 'memory' in the recipe to less than that, so that stages are made to fit, or take shorter samples than %d tokens"
                            .formatted(positions.get(memory.stage()));
            throw new StageException("stage '%s': a step takes %s, and %s has %s; %s"
                    .formatted(
                            memory.stage(),
                            ByteCount.text(memory.peakBytes()),
                            limit.asked() ? "'memory'" : "the machine",
                            ByteCount.text(limit.bytes()),
                            remedy));
        }
    }

    private void requireDisk(List<Counted> stages, Path out, Written written) throws IOException {
        long model = bytes(models.student(), written.dtype());
        long checkpoints = stages.stream().mapToLong(Counted::checkpointBytes).sum();
        long needed = model * written.models() + checkpoints;
        long free = HostResources.freeBytes(out);
        lines.accept("disk: %d models of %s and checkpoints of %s; %s are free"
                .formatted(written.models(), ByteCount.text(model), ByteCount.text(checkpoints), ByteCount.text(free)));
        if (needed > free) {
            throw new StageException(
                    "%s: the run takes %s of disk, and %s are free; set 'out' to a folder of another disk, keep-students = last, or max-checkpoints = 1 in stages"
                            .formatted(out, ByteCount.text(needed), ByteCount.text(free)));
        }
    }

    private static long bytes(ModelSpec model, DType dtype) {
        return model.parameters().stream()
                .mapToLong(param -> new TensorType(dtype, param.shape()).bytes())
                .sum();
    }
}
