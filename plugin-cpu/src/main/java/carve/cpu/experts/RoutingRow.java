package carve.cpu.experts;

import carve.api.op.TopKRouting;
import carve.api.op.TopKRouting.Scoring;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.Scratchpad;

/** The choice of experts of one row, as {@link TopKRouting} defines it; its memory serves many rows. */
final class RoutingRow {
    private final TopKRouting op;
    private final int experts;
    private final float[] scores;
    private final float[] choice;
    private final float[] group;
    private final float[] goodness;
    private final float[] chosen;
    private final int[] best;
    private final boolean[] open;

    RoutingRow(TopKRouting op, int experts, Scratchpad scratchpad) {
        this.op = op;
        this.experts = experts;
        this.scores = scratchpad.floats(experts);
        this.choice = scratchpad.floats(experts);
        this.group = scratchpad.floats(experts);
        this.goodness = scratchpad.floats(op.groups());
        this.chosen = scratchpad.floats(op.experts());
        this.best = new int[op.experts()];
        this.open = new boolean[op.groups()];
    }

    /** Writes the weights and numbers of the chosen experts; the correction's address is 0 where there is none. */
    void choose(long logits, long correction, long weights, long numbers) {
        NativeMemory.copy(logits, scores, 0, experts);
        RoutingScores.score(op.scoring(), scores, experts);
        for (int e = 0; e < experts; e++) {
            choice[e] = correction == 0 ? scores[e] : scores[e] + NativeMemory.get(correction + 4L * e);
        }
        if (op.groups() > 1) {
            closeOtherGroups();
        }
        takeGreatest();
        for (int i = 0; i < op.experts(); i++) {
            chosen[i] = scores[best[i]];
            NativeMemory.setInt(numbers + 4L * i, best[i]);
        }
        toWeights();
        NativeMemory.copy(chosen, 0, weights, op.experts());
    }

    /** Writes the numbers of the greatest choices in descending order; of equal ones the smaller number is first. */
    private void takeGreatest() {
        int last = op.experts() - 1;
        for (int e = 0; e < experts; e++) {
            if (e <= last || choice[e] > choice[best[last]]) {
                int place = Math.min(e, last);
                while (place > 0 && choice[e] > choice[best[place - 1]]) {
                    best[place] = best[place - 1];
                    place--;
                }
                best[place] = e;
            }
        }
    }

    /** Makes the choice minus infinity outside of the best groups. */
    private void closeOtherGroups() {
        int width = experts / op.groups();
        for (int g = 0; g < op.groups(); g++) {
            System.arraycopy(choice, g * width, group, 0, width);
            goodness[g] = 0;
            open[g] = false;
            for (int i = 0; i < op.scoresPerGroup(); i++) {
                goodness[g] += greatest(group, width);
            }
        }
        for (int i = 0; i < op.chosenGroups(); i++) {
            open[takeGreatest(goodness, op.groups())] = true;
        }
        for (int e = 0; e < experts; e++) {
            choice[e] = open[e / width] ? choice[e] : Float.NEGATIVE_INFINITY;
        }
    }

    private static float greatest(float[] values, int count) {
        float greatest = values[indexOfGreatest(values, count)];
        takeGreatest(values, count);
        return greatest;
    }

    /** Returns the place of the first greatest value, which becomes minus infinity. */
    private static int takeGreatest(float[] values, int count) {
        int best = indexOfGreatest(values, count);
        values[best] = Float.NEGATIVE_INFINITY;
        return best;
    }

    private static int indexOfGreatest(float[] values, int count) {
        int best = 0;
        for (int i = 1; i < count; i++) {
            best = values[i] > values[best] ? i : best;
        }
        return best;
    }

    private void toWeights() {
        if (op.scoring() == Scoring.SOFTMAX_OF_CHOSEN) {
            RoutingScores.softmax(chosen, op.experts());
        }
        double sum = op.normalized() ? RoutingScores.sum(chosen, op.experts()) + TopKRouting.LEAST_SUM : 1;
        for (int i = 0; i < op.experts(); i++) {
            chosen[i] = (float) (chosen[i] / sum * op.scale());
        }
    }
}
