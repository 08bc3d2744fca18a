package carve.runtime.eval.quality;

import carve.api.data.Batch;
import carve.api.data.Sample;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.runtime.eval.quality.TextFidelity.Bucket;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A comparison of predictions token by token. Buckets of positions double: 0-63, 64-127, 128-255 and so on.
 *
 * @param student the student
 * @param teacher the teacher
 */
record PositionComparison(LoadedModel student, LoadedModel teacher) {
    private static final int FIRST_BUCKET = 64;
    // logits of all positions of a long text would not fit the memory
    private static final int CHUNK = 256;

    List<Bucket> run(List<int[]> rows, ProgressListener progress) {
        List<BucketSums> sums = new ArrayList<>();
        for (int r = 0; r < rows.size(); r++) {
            int[] row = rows.get(r);
            Scope.run(student.device(), () -> compare(row, sums));
            progress.step(r + 1, rows.size());
        }
        List<Bucket> buckets = new ArrayList<>();
        for (int i = 0; i < sums.size(); i++) {
            if (!sums.get(i).isEmpty()) {
                buckets.add(sums.get(i).bucket(i == 0 ? 0 : end(i - 1), end(i)));
            }
        }
        return buckets;
    }

    private static int end(int bucket) {
        return FIRST_BUCKET << bucket;
    }

    private void compare(int[] row, List<BucketSums> sums) {
        Tensor ours = hidden(student, row);
        Tensor theirs = hidden(teacher, row);
        int predictions = row.length - 1;
        for (int at = 0; at < predictions; at += CHUNK) {
            int from = at;
            int to = Math.min(predictions, at + CHUNK);
            Scope.run(student.device(), () -> {
                float[] teacherLogits = logits(teacher, theirs, from, to);
                float[] studentLogits = logits(student, ours, from, to);
                int width = teacherLogits.length / (to - from);
                for (int t = from; t < to; t++) {
                    bucket(sums, t).add(teacherLogits, studentLogits, (t - from) * width, width, row[t + 1]);
                }
            });
        }
    }

    private static BucketSums bucket(List<BucketSums> sums, int position) {
        int bucket = 0;
        while (position >= end(bucket)) {
            bucket++;
        }
        while (sums.size() <= bucket) {
            sums.add(new BucketSums());
        }
        return sums.get(bucket);
    }

    private static Tensor hidden(LoadedModel model, int[] row) {
        Sample sample = new Sample(row, new boolean[row.length], Map.of());
        return model.model()
                .hidden(
                        model.params(),
                        Batch.of(List.of(sample), 0).inputs(model.device()),
                        ActivationRecorder.NONE,
                        false);
    }

    private static float[] logits(LoadedModel model, Tensor hidden, int from, int to) {
        return model.model()
                .projectToVocabulary(model.params(), hidden.slice(1, from, to), ActivationRecorder.NONE)
                .floats();
    }
}
