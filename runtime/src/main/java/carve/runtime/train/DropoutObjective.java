package carve.runtime.train;

import carve.api.data.Batch;
import carve.api.model.Dropout;
import carve.api.model.LoadedModel;
import java.util.Set;

/**
 * An objective whose student has dropout in all its layers, kept or converted, drawn anew for every batch; the teacher has
 * none. A layer that is trained separately drops other values than in the pass of the whole student.
 *
 * @param student the student without dropout
 * @param rate the probability of dropping
 * @param seed of the choices
 * @param factory makes the objective for students
 */
record DropoutObjective(LoadedModel student, double rate, long seed, Factory factory) implements Objective {
    /** Makes an objective. */
    interface Factory {
        /**
         * Returns the objective.
         *
         * @param endToEnd the student that runs end to end
         * @param layerwise the student whose layers run one by one
         */
        Objective create(LoadedModel endToEnd, LoadedModel layerwise);
    }

    @Override
    public void requireDifferentiable(Set<String> trained) {
        factory.create(student, student).requireDifferentiable(trained);
    }

    @Override
    public void accumulate(Batch batch, double lossScale, Set<String> trained, GradientAccumulator accumulator) {
        forBatch(0).accumulate(batch, lossScale, trained, accumulator);
    }

    @Override
    public Objective forBatch(long batch) {
        return factory.create(withDropout(2 * batch), withDropout(2 * batch + 1));
    }

    // parameters belong to the student as before
    private LoadedModel withDropout(long draw) {
        return new LoadedModel(student.family(), student.spec().with(new Dropout(rate, seed, draw)), student.params());
    }
}
