package carve.api.data;

import carve.api.config.Settings;
import carve.api.stage.ProgressListener;
import carve.api.text.Processor;
import java.util.function.Consumer;

/**
 * The processor, the seed and the tools that a data set is opened with beside its settings.
 *
 * @param processor makes tokens of texts and samples of conversations
 * @param seed of the order
 * @param phases shows work that takes long, such as tokenising
 * @param opener opens other data sets, for those that are made of several
 */
public record DatasetContext(Processor processor, long seed, Phases phases, Opener opener) {
    /** Shows phases of long work. */
    @FunctionalInterface
    public interface Phases {
        /** Phases that are not shown. */
        Phases NONE = (name, unit, work) -> work.accept(ProgressListener.NONE);

        /**
         * Runs a phase.
         *
         * @param name what is being done
         * @param unit what its steps are, in the plural, such as {@code bytes}
         * @param work tells the listener of its steps
         */
        void run(String name, String unit, Consumer<ProgressListener> work);
    }

    /** Opens data sets of any kind. */
    @FunctionalInterface
    public interface Opener {
        /** Opens nothing: for data sets that are made of no others. */
        Opener NONE = (settings, context) -> {
            throw settings.error("type", "cannot be opened inside of this data set");
        };

        /** Opens the data set of a section with its {@code type}, over the defaults of that type. */
        Dataset open(Settings settings, DatasetContext context);
    }

    /** Makes the context of a data set whose work is not shown and that is made of no others. */
    public DatasetContext(Processor processor, long seed) {
        this(processor, seed, Phases.NONE, Opener.NONE);
    }

    /** Returns this context with another seed. */
    public DatasetContext withSeed(long other) {
        return new DatasetContext(processor, other, phases, opener);
    }
}
