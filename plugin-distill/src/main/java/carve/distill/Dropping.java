package carve.distill;

import carve.api.model.Dropout;
import carve.api.model.LoadedModel;
import carve.api.stage.Batch;
import carve.distill.training.Objective;
import carve.distill.training.StepBuffer;
import java.util.Set;

/**
 * An objective whose student has dropout in all its layers, kept or converted, chosen anew for every batch; the teacher has
 * none. What a layer drops when it learns alone is not what it drops in the student.
 *
 * @param student the student without dropout
 * @param rate the probability of dropping
 * @param seed of the choices
 * @param maker makes the objective for students
 */
record Dropping(LoadedModel student, double rate, long seed, Maker maker) implements Objective {
    /** Makes an objective. */
    interface Maker {
        /**
         * Returns the objective.
         *
         * @param whole the student that runs end to end
         * @param alone the student whose layers run alone
         */
        Objective of(LoadedModel whole, LoadedModel alone);
    }

    @Override
    public void check(Set<String> trained) {
        maker.of(student, student).check(trained);
    }

    @Override
    public void accumulate(Batch batch, double share, Set<String> trained, StepBuffer into) {
        drawing(0).accumulate(batch, share, trained, into);
    }

    @Override
    public Objective drawing(long batch) {
        return maker.of(with(2 * batch), with(2 * batch + 1));
    }

    // parameters belong to the student as before
    private LoadedModel with(long draw) {
        return new LoadedModel(student.family(), student.spec().with(new Dropout(rate, seed, draw)), student.params());
    }
}
