package carve.cpu.experts;

import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Scoring;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.Scratchpad;
import java.util.Arrays;

/** The gradient of the logits of one row; its memory serves many rows. */
final class RoutingRowGradient {
    private final TopKRouting op;
    private final int experts;
    private final float[] scores;
    private final float[] gradient;
    private final float[] chosen;
    private final float[] ofChosen;

    RoutingRowGradient(TopKRouting op, int experts, Scratchpad scratchpad) {
        this.op = op;
        this.experts = experts;
        this.scores = scratchpad.floats(experts);
        this.gradient = scratchpad.floats(experts);
        this.chosen = scratchpad.floats(op.experts());
        this.ofChosen = scratchpad.floats(op.experts());
    }

    /** Writes the gradient of the logits for that of the weights of the experts that were chosen. */
    void differentiate(long logits, long numbers, long weights, long to) {
        NativeMemory.copy(logits, scores, 0, experts);
        RoutingScores.score(op.scoring(), scores, experts);
        for (int i = 0; i < op.experts(); i++) {
            chosen[i] = scores[number(numbers, i)];
        }
        if (op.scoring() == Scoring.SOFTMAX_OF_CHOSEN) {
            RoutingScores.softmax(chosen, op.experts());
        }
        NativeMemory.copy(weights, ofChosen, 0, op.experts());
        throughWeights();
        Arrays.fill(gradient, 0, experts, 0);
        switch (op.scoring()) {
            case SOFTMAX -> throughSoftmax(numbers);
            case SIGMOID -> {
                for (int i = 0; i < op.experts(); i++) {
                    gradient[number(numbers, i)] = ofChosen[i] * chosen[i] * (1 - chosen[i]);
                }
            }
            case SOFTMAX_OF_CHOSEN -> {
                double mean = mean();
                for (int i = 0; i < op.experts(); i++) {
                    gradient[number(numbers, i)] = (float) (chosen[i] * (ofChosen[i] - mean));
                }
            }
        }
        NativeMemory.copy(gradient, 0, to, experts);
    }

    private static int number(long numbers, int i) {
        return NativeMemory.getInt(numbers + 4L * i);
    }

    // w_i = scale s_i / S has the gradient scale (dw_i - sum over j of dw_j s_j / S) / S
    private void throughWeights() {
        double sum = op.normalized() ? RoutingScores.sum(chosen, op.experts()) + TopKRouting.LEAST_SUM : 1;
        double mean = op.normalized() ? mean() / sum : 0;
        for (int i = 0; i < op.experts(); i++) {
            ofChosen[i] = (float) (op.scale() * (ofChosen[i] - mean) / sum);
        }
    }

    private void throughSoftmax(long numbers) {
        double mean = mean();
        for (int e = 0; e < experts; e++) {
            gradient[e] = (float) (-mean * scores[e]);
        }
        for (int i = 0; i < op.experts(); i++) {
            gradient[number(numbers, i)] += ofChosen[i] * chosen[i];
        }
    }

    private double mean() {
        double mean = 0;
        for (int i = 0; i < op.experts(); i++) {
            mean += (double) ofChosen[i] * chosen[i];
        }
        return mean;
    }
}
