package carve.runtime.eval.quality;

import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;

/**
 * A measurement of decoding: teacher and student in turn, so that what else the machine does slows both.
 *
 * @param student the student
 * @param teacher the teacher
 */
record SpeedMeasurement(LoadedModel student, LoadedModel teacher) {
    private static final int ROUNDS = 3;
    private static final int NEW_TOKENS = 17; // the first comes with the prompt

    SpeedComparison run(int length, int[] tokens) {
        int[] prompt = new int[length];
        Arrays.setAll(prompt, i -> tokens[i % tokens.length]);
        double[] taught = new double[ROUNDS];
        double[] learned = new double[ROUNDS];
        decode(teacher, prompt);
        decode(student, prompt); // to warm up
        for (int round = 0; round < ROUNDS; round++) {
            taught[round] = decode(teacher, prompt);
            learned[round] = decode(student, prompt);
        }
        return new SpeedComparison(
                length,
                median(taught),
                median(learned),
                teacher.spec().stateBytes(1, length),
                student.spec().stateBytes(1, length));
    }

    private static double median(double[] values) {
        Arrays.sort(values);
        return values[values.length / 2];
    }

    private static double decode(LoadedModel model, int[] prompt) {
        try (Generator generator = new Generator(model)) {
            GenerationRequest request = new GenerationRequest(
                            generator.prompt(new Sample(prompt, new boolean[prompt.length], Map.of())),
                            Sampler.greedy(Set.of()),
                            Set.of(),
                            NEW_TOKENS)
                    .with(CachePolicy.NONE);
            Completion completion = generator.generate(request, TokenListener.NONE);
            return (NEW_TOKENS - 1) / Math.max(1e-9, completion.decodeSeconds());
        }
    }
}
